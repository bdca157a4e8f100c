<?php
// This file is part of Moodle - https://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <https://www.gnu.org/licenses/>.

namespace local_lehrgaenge;

use core_external\external_api;
use local_lehrgaenge\external\get_rosters;
use local_lehrgaenge\external\get_users;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../compat.php');

/**
 * Tests of the functions that read rosters and users.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_lehrgaenge\external\get_rosters
 * @covers     \local_lehrgaenge\external\get_users
 */
final class read_test extends \advanced_testcase {
    /** @var string[] All that get_rosters asks for. */
    private const CAPABILITIES = [
        'moodle/course:view',
        'moodle/course:viewparticipants',
        'moodle/course:enrolreview',
        'moodle/course:managegroups',
        'moodle/site:accessallgroups',
        'report/completion:view',
        'moodle/user:viewalldetails',
    ];

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
    }

    /**
     * Calls get_rosters as the web-service server does.
     *
     * @param int[] $courseids
     * @return array
     */
    private function rosters(array $courseids): array {
        return external_api::clean_returnvalue(get_rosters::execute_returns(), get_rosters::execute($courseids));
    }

    /**
     * Calls get_users as the web-service server does.
     *
     * @param string $field
     * @param array $values
     * @return array
     */
    private function users(string $field, array $values): array {
        return external_api::clean_returnvalue(get_users::execute_returns(), get_users::execute($field, $values));
    }

    /**
     * Makes a user who has capabilities in the whole site, and goes on as that user.
     *
     * @param string[] $capabilities
     * @return \stdClass the user
     */
    private function become(array $capabilities): \stdClass {
        $user = $this->getDataGenerator()->create_user();
        $roleid = $this->getDataGenerator()->create_role();
        foreach ($capabilities as $capability) {
            assign_capability($capability, CAP_ALLOW, $roleid, SYSCONTEXTID);
        }
        role_assign($roleid, $user->id, SYSCONTEXTID);
        $this->setUser($user);
        return $user;
    }

    /**
     * Puts a group into a course, without the checks of Moodle's own functions.
     *
     * @param int $courseid
     * @param string $name
     * @param int[] $userids
     * @return int
     */
    private function add_group(int $courseid, string $name, array $userids = []): int {
        global $DB;
        $groupid = $DB->insert_record('groups', ['courseid' => $courseid, 'name' => $name, 'description' => '']);
        foreach ($userids as $userid) {
            $DB->insert_record('groups_members', ['groupid' => $groupid, 'userid' => $userid]);
        }
        return $groupid;
    }

    public function test_rosters_of_several_courses(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $first = $generator->create_course();
        $second = $generator->create_course(['groupmode' => SEPARATEGROUPS]);
        $anna = $generator->create_user(['username' => 'anna', 'idnumber' => 'TN-1 & <2>']);
        $berta = $generator->create_user(['username' => 'berta']);
        $deleted = $generator->create_user();
        $stranger = $generator->create_user();
        foreach ([[$anna, $second], [$berta, $first], [$anna, $first], [$deleted, $first]] as [$user, $course]) {
            $generator->enrol_user($user->id, $course->id);
        }
        $DB->set_field('user', 'deleted', 1, ['id' => $deleted->id]);
        $DB->insert_record('course_completions', ['course' => $first->id, 'userid' => $anna->id, 'timecompleted' => 1767222000]);
        $DB->insert_record('course_completions', ['course' => $first->id, 'userid' => $berta->id, 'timecompleted' => null]);
        $empty = $this->add_group($second->id, 'Leer');
        $full = $this->add_group($first->id, 'R & <D>', [$stranger->id, $berta->id, $deleted->id, $anna->id]);

        $this->become(self::CAPABILITIES);
        $expected = [
            'enrolments' => [
                ['courseid' => $first->id, 'userid' => $anna->id, 'username' => 'anna', 'idnumber' => 'TN-1 & <2>',
                    'active' => 1, 'manual' => 1, 'timecompleted' => 1767222000],
                ['courseid' => $first->id, 'userid' => $berta->id, 'username' => 'berta', 'idnumber' => '',
                    'active' => 1, 'manual' => 1, 'timecompleted' => 0],
                ['courseid' => $second->id, 'userid' => $anna->id, 'username' => 'anna', 'idnumber' => 'TN-1 & <2>',
                    'active' => 1, 'manual' => 1, 'timecompleted' => 0],
            ],
            'groups' => [
                ['courseid' => $first->id, 'id' => $full, 'name' => 'R & <D>', 'userids' => [$anna->id, $berta->id]],
                ['courseid' => $second->id, 'id' => $empty, 'name' => 'Leer', 'userids' => []],
            ],
            'warnings' => [],
        ];
        $this->assertEquals($expected, $this->rosters([$second->id, $first->id, $second->id]));
        $this->assertEquals(['enrolments' => [], 'groups' => [], 'warnings' => []], $this->rosters([]));
        $this->assertEquals(['enrolments' => [], 'groups' => [], 'warnings' => []], $this->rosters([SITEID]));
    }

    /**
     * Enrolments of one user in one course, and what is told of them.
     *
     * @return array[] enrolments as [method, status, start, end, status of the instance], active, manual
     */
    public static function enrolments_provider(): array {
        $on = ENROL_USER_ACTIVE;
        $off = ENROL_USER_SUSPENDED;
        return [
            'active' => [[['manual', $on, 0, 0, 0]], 1, 1],
            'within its time' => [[['manual', $on, -HOURSECS, HOURSECS, 0]], 1, 1],
            'since just now' => [[['manual', $on, -1, 0, 0]], 1, 1],
            'expired' => [[['manual', $on, -WEEKSECS, -HOURSECS, 0]], 0, 1],
            'in the future' => [[['manual', $on, HOURSECS, 0, 0]], 0, 1],
            'suspended' => [[['manual', $off, 0, 0, 0]], 0, 2],
            'suspended and expired' => [[['manual', $off, 0, -HOURSECS, 0]], 0, 2],
            'instance disabled' => [[['manual', $on, 0, 0, ENROL_INSTANCE_DISABLED]], 0, 1],
            'other method' => [[['self', $on, 0, 0, 0]], 1, 0],
            'other method suspended' => [[['self', $off, 0, 0, 0]], 0, 0],
            'both' => [[['manual', $on, 0, 0, 0], ['self', $off, 0, 0, 0]], 1, 1],
            'suspended beside other method' => [[['manual', $off, 0, 0, 0], ['self', $on, 0, 0, 0]], 1, 2],
            'expired beside other method' => [[['self', $on, 0, 0, 0], ['manual', $on, 0, -HOURSECS, 0]], 1, 1],
            'two manual ones' => [[['manual', $off, 0, 0, 0], ['manual', $on, 0, 0, 0]], 1, 1],
        ];
    }

    /**
     * What is told of each kind of enrolment agrees with Moodle.
     *
     * @dataProvider enrolments_provider
     * @param array $enrolments
     * @param int $active
     * @param int $manual
     */
    public function test_each_enrolment_has_its_flags(array $enrolments, int $active, int $manual): void {
        global $DB;
        $course = $this->getDataGenerator()->create_course();
        $user = $this->getDataGenerator()->create_user();
        $now = time();
        $DB->delete_records('enrol', ['courseid' => $course->id]);
        foreach ($enrolments as [$method, $status, $start, $end, $instancestatus]) {
            $enrolid = $DB->insert_record('enrol', [
                'enrol' => $method,
                'courseid' => $course->id,
                'status' => $instancestatus,
            ]);
            $DB->insert_record('user_enrolments', [
                'enrolid' => $enrolid,
                'userid' => $user->id,
                'status' => $status,
                'timestart' => $start ? $now + $start : 0,
                'timeend' => $end ? $now + $end : 0,
            ]);
        }
        $told = $this->rosters([$course->id])['enrolments'];
        $this->assertCount(1, $told);
        $this->assertEquals([$active, $manual], [$told[0]['active'], $told[0]['manual']]);
        $this->assertSame((bool) $active, is_enrolled(\context_course::instance($course->id), $user, '', true));
    }

    public function test_hidden_groups_are_left_out(): void {
        global $DB;
        if (!class_exists('core_group\visibility')) {
            $this->markTestSkipped('This Moodle has no hidden groups');
        }
        $course = $this->getDataGenerator()->create_course();
        $user = $this->getDataGenerator()->create_and_enrol($course);
        $open = $this->add_group($course->id, 'G01', [$user->id]);
        foreach ([GROUPS_VISIBILITY_MEMBERS, GROUPS_VISIBILITY_OWN, GROUPS_VISIBILITY_NONE] as $visibility) {
            $hidden = $this->add_group($course->id, "Hidden $visibility", [$user->id]);
            $DB->set_field('groups', 'visibility', $visibility, ['id' => $hidden]);
        }
        $this->assertEquals([$open], array_column($this->rosters([$course->id])['groups'], 'id'));
    }

    public function test_courses_that_may_not_be_read_become_warnings(): void {
        $generator = $this->getDataGenerator();
        $open = $generator->create_course();
        $hidden = $generator->create_course(['visible' => 0]);
        $user = $generator->create_and_enrol($open);
        $generator->enrol_user($user->id, $hidden->id);

        $this->become(self::CAPABILITIES);
        $result = $this->rosters([$hidden->id, -1, $open->id, -1]);
        $this->assertEquals([$open->id], array_column($result['enrolments'], 'courseid'));
        $this->assertSame(['course', 'course'], array_column($result['warnings'], 'item'));
        $this->assertEquals([$hidden->id, -1], array_column($result['warnings'], 'itemid'));
        $this->assertSame(['requireloginerror', 'invalidrecord'], array_column($result['warnings'], 'warningcode'));

        // The first one lets the user into the course, the last one is asked for in the whole site.
        foreach (array_slice(self::CAPABILITIES, 1, -1) as $capability) {
            $this->become(array_diff(self::CAPABILITIES, [$capability]));
            $result = $this->rosters([$open->id]);
            $this->assertSame([], $result['enrolments'], $capability);
            $this->assertSame(['nopermissions'], array_column($result['warnings'], 'warningcode'), $capability);
        }

        $this->become(array_slice(self::CAPABILITIES, 0, -1));
        $this->expectException(\required_capability_exception::class);
        $this->rosters([$open->id]);
    }

    public function test_people_and_groups_cost_no_queries(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $this->rosters([$course->id]);
        $count = function () use ($DB, $course) {
            $before = $DB->perf_get_reads();
            $this->rosters([$course->id]);
            return $DB->perf_get_reads() - $before;
        };
        $empty = $count();
        for ($i = 0; $i < 5; $i++) {
            $user = $generator->create_and_enrol($course);
            $this->add_group($course->id, "G0$i", [$user->id]);
        }
        $this->assertSame($empty, $count());
    }

    public function test_users_are_found(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $anna = $generator->create_user(['username' => 'anna', 'idnumber' => 'TN & 1', 'email' => 'Anna@Example.org']);
        $berta = $generator->create_user(['username' => 'berta', 'email' => 'berta@example.org', 'auth' => 'nologin']);
        $deleted = $generator->create_user(['username' => 'dora', 'idnumber' => 'TN-4', 'email' => 'dora@example.org']);
        $remote = $generator->create_user(['username' => 'emil', 'idnumber' => 'TN-5', 'email' => 'emil@example.org']);
        $DB->set_field('user', 'deleted', 1, ['id' => $deleted->id]);
        $DB->set_field('user', 'mnethostid', 99, ['id' => $remote->id]);

        $first = ['id' => $anna->id, 'username' => 'anna', 'idnumber' => 'TN & 1', 'email' => 'Anna@Example.org',
            'auth' => 'manual'];
        $second = ['id' => $berta->id, 'username' => 'berta', 'idnumber' => '', 'email' => 'berta@example.org',
            'auth' => 'nologin'];
        $this->become(['moodle/user:viewalldetails', 'moodle/site:viewuseridentity']);
        $this->assertEquals([$first, $second], $this->users('username', ['berta', 'emil', 'anna', 'dora', 'berta']));
        $this->assertEquals([$first, $second], $this->users('id', [$berta->id, $anna->id, $deleted->id, $remote->id]));
        $this->assertEquals([$first], $this->users('idnumber', ['TN & 1', 'TN-4', 'TN-5']));
        $this->assertEquals([$first, $second], $this->users('email', [
            'BERTA@example.org', 'anna@example.org', 'dora@example.org', 'emil@example.org']));
    }

    public function test_values_that_nobody_has_find_nobody(): void {
        global $DB;
        $user = $this->getDataGenerator()->create_user();
        $DB->set_field('user', 'email', '', ['id' => $user->id]);
        $values = ['', ' ', "\t", 'Ä', 'x y', '-2', '+2', '02', ' 2', '2x', '2.0', '%', "'", '"', '\\', '<b', '😀',
            "\u{200b}", '99999999999999999999999', str_repeat('x', 5000)];
        foreach (['id', 'idnumber', 'username', 'email'] as $field) {
            foreach ($values as $value) {
                $this->assertSame([], $this->users($field, [$value]), "$field: $value");
            }
            $this->assertSame([], $this->users($field, $values), $field);
            $this->assertSame([], $this->users($field, []), $field);
        }
        $this->assertEquals([2], array_column($this->users('id', array_merge($values, [2])), 'id'));
    }

    public function test_only_these_fields_and_so_many_values(): void {
        $values = range(1, 1001);
        $this->assertContainsEquals(2, array_column($this->users('id', array_slice($values, 0, 1000)), 'id'));
        foreach ([['id', $values], ['city', ['Fulda']], ['', ['x']]] as [$field, $values]) {
            try {
                $this->users($field, $values);
                $this->fail('An exception is missing');
            } catch (\invalid_parameter_exception $e) {
                $this->assertSame('invalidparameter', $e->errorcode);
            }
        }
    }

    public function test_hidden_addresses_stay_hidden(): void {
        $other = $this->getDataGenerator()->create_user(['username' => 'anna', 'email' => 'anna@example.org']);
        $caller = $this->become(['moodle/user:viewalldetails']);
        $this->assertSame([''], array_column($this->users('username', ['anna']), 'email'));
        $this->assertEquals([$caller->id], array_column($this->users('email', [$other->email, $caller->email]), 'id'));

        $this->become(['moodle/user:viewalldetails', 'moodle/site:viewuseridentity']);
        $this->assertSame(['anna@example.org'], array_column($this->users('email', ['anna@example.org']), 'email'));
        set_config('showuseridentity', 'idnumber');
        $this->assertSame([], $this->users('email', ['anna@example.org']));
    }

    public function test_finding_users_needs_the_capability(): void {
        $this->become(['moodle/site:viewuseridentity']);
        $this->expectException(\required_capability_exception::class);
        $this->users('id', [2]);
    }
}
