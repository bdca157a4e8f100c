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
use local_lehrgaenge\external\complete_users;
use local_lehrgaenge\external\get_completions;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../compat.php');

/**
 * Tests of the web-service functions.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_lehrgaenge\external\complete_users
 * @covers     \local_lehrgaenge\external\get_completions
 */
final class external_test extends \advanced_testcase {
    /** @var int A completion time. */
    private const TIME = 1767222000;

    /** @var \phpunit_message_sink Takes the messages that completions send. */
    private $messages;

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->messages = $this->redirectMessages();
        // What other plugins do when a course is completed is not what is tested.
        \core\event\manager::phpunit_replace_observers([]);
    }

    /**
     * Calls complete_users as the web-service server does.
     *
     * @param int $courseid
     * @param array $completions userid, time pairs
     * @return array
     */
    private function complete(int $courseid, array $completions): array {
        $rows = array_map(fn($pair) => ['userid' => $pair[0], 'timecompleted' => $pair[1]], $completions);
        return external_api::clean_returnvalue(complete_users::execute_returns(), complete_users::execute($courseid, $rows));
    }

    /**
     * Calls get_completions as the web-service server does.
     *
     * @param int[] $courseids
     * @return array
     */
    private function read(array $courseids): array {
        return external_api::clean_returnvalue(get_completions::execute_returns(), get_completions::execute($courseids));
    }

    /**
     * Makes a user who has capabilities in the whole site, and goes on as that user.
     *
     * @param string[] $capabilities
     */
    private function become(array $capabilities): void {
        $user = $this->getDataGenerator()->create_user();
        $roleid = $this->getDataGenerator()->create_role();
        foreach ($capabilities as $capability) {
            assign_capability($capability, CAP_ALLOW, $roleid, SYSCONTEXTID);
        }
        role_assign($roleid, $user->id, SYSCONTEXTID);
        $this->setUser($user);
    }

    public function test_each_user_has_an_outcome(): void {
        global $DB;
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $active = $generator->create_and_enrol($course);
        $suspended = $generator->create_and_enrol($course, 'student', null, 'manual', 0, 0, ENROL_USER_SUSPENDED);
        $future = $generator->create_and_enrol($course);
        $timeless = $generator->create_and_enrol($course);
        $stranger = $generator->create_user();
        $deleted = $generator->create_and_enrol($course);
        delete_user($deleted);

        $before = time();
        $outcomes = $this->complete($course->id, [
            [$active->id, self::TIME],
            [$suspended->id, self::TIME + 1],
            [$stranger->id, self::TIME],
            [$deleted->id, self::TIME],
            [$timeless->id, 0],
            [$active->id, self::TIME + 2],
            [$future->id, $before + WEEKSECS],
        ]);

        $this->assertSame(
            ['completed', 'completed', 'notenrolled', 'nouser', 'failed', 'already', 'completed'],
            array_column($outcomes, 'status')
        );
        $this->assertEquals(
            [self::TIME, self::TIME + 1, 0, 0, 0, self::TIME],
            array_column(array_slice($outcomes, 0, 6), 'timecompleted')
        );
        $this->assertEqualsWithDelta($before, $outcomes[6]['timecompleted'], 60);
        foreach ($outcomes as $outcome) {
            $this->assertSame($outcome['status'] === 'failed', $outcome['message'] !== '');
        }
        $this->assertEquals(self::TIME, $DB->get_field('course_completions', 'timecompleted', [
            'course' => $course->id,
            'userid' => $active->id,
        ]));
        $this->assertEquals(3, $DB->count_records_select('course_completions', 'timecompleted > 0'));
        $this->assertSame(3, $this->messages->count());
    }

    public function test_one_failure_does_not_undo_the_others(): void {
        global $DB;
        $this->preventResetByRollback();
        $generator = $this->getDataGenerator();
        $course = $generator->create_course();
        $users = array_map(fn() => $generator->create_and_enrol($course), range(0, 2));

        // With a row in the database that the cache does not know of, Moodle tries to add a second one.
        $DB->insert_record('course_completions', ['course' => $course->id, 'userid' => $users[1]->id]);
        \cache::make('core', 'coursecompletion')->set("{$users[1]->id}_{$course->id}", ['value' => false]);

        $outcomes = $this->complete($course->id, array_map(fn($user) => [$user->id, self::TIME], $users));
        $this->assertSame(['completed', 'failed', 'completed'], array_column($outcomes, 'status'));
        $this->assertNotSame('', $outcomes[1]['message']);
        $this->assertSame(
            [$users[0]->id, $users[2]->id],
            array_map('strval', array_column($this->read([$course->id])['completions'], 'userid'))
        );
    }

    public function test_completing_needs_the_capability(): void {
        $course = $this->getDataGenerator()->create_course();
        $user = $this->getDataGenerator()->create_and_enrol($course);

        $this->become(['moodle/course:view', 'moodle/course:markcomplete']);
        $this->assertSame('completed', $this->complete($course->id, [[$user->id, self::TIME]])[0]['status']);

        $this->become(['moodle/course:view', 'report/completion:view']);
        $this->expectException(\required_capability_exception::class);
        $this->complete($course->id, [[$user->id, self::TIME]]);
    }

    public function test_an_unknown_course_fails_as_a_whole(): void {
        $this->expectException(\dml_missing_record_exception::class);
        $this->complete(-1, [[2, self::TIME]]);
    }

    public function test_the_front_page_cannot_be_completed(): void {
        $user = $this->getDataGenerator()->create_user();
        $this->expectExceptionMessage(get_string('invalidcourseid', 'error'));
        $this->complete(SITEID, [[$user->id, self::TIME]]);
    }

    public function test_completions_of_several_courses_are_read(): void {
        $generator = $this->getDataGenerator();
        $first = $generator->create_course();
        $second = $generator->create_course(['visible' => 0]);
        $other = $generator->create_course();
        $user = $generator->create_and_enrol($first);
        $generator->enrol_user($user->id, $second->id);
        $generator->enrol_user($user->id, $other->id);
        $unfinished = $generator->create_and_enrol($first);
        (new \completion_completion(['userid' => $unfinished->id, 'course' => $first->id]))->mark_inprogress();
        foreach ([$first, $second, $other] as $i => $course) {
            $this->complete($course->id, [[$user->id, self::TIME + $i]]);
        }

        $this->become(['moodle/course:view', 'report/completion:view']);
        $result = $this->read([$first->id, $second->id, -1, $first->id, -1]);
        $this->assertEquals(
            [['courseid' => $first->id, 'userid' => $user->id, 'timecompleted' => self::TIME]],
            $result['completions']
        );
        $this->assertEquals([$second->id, -1], array_column($result['warnings'], 'itemid'));
        $this->assertSame(['requireloginerror', 'invalidrecord'], array_column($result['warnings'], 'warningcode'));

        $this->become(['moodle/course:view', 'moodle/course:viewhiddencourses', 'report/completion:view']);
        $result = $this->read([$second->id, $first->id]);
        $this->assertEquals([self::TIME, self::TIME + 1], array_column($result['completions'], 'timecompleted'));
        $this->assertSame([], $result['warnings']);

        $this->become(['moodle/course:view']);
        $result = $this->read([$first->id]);
        $this->assertSame([], $result['completions']);
        $this->assertSame(['nopermissions'], array_column($result['warnings'], 'warningcode'));
    }
}
