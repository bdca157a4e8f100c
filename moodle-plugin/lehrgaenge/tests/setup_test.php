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
use local_lehrgaenge\external\get_setup;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../compat.php');

/**
 * Tests of what the caller is told about its rights and the site.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_lehrgaenge\external\get_setup
 */
final class setup_test extends \advanced_testcase {
    /** @var int The role of the service. */
    private $roleid;

    /** @var string[] Capabilities of the preset that this Moodle has. */
    private $known = [];

    /** @var string[] Those that it does not have. */
    private $unknown = [];

    /**
     * Makes a user with the preset's role, which may assign the role student, and signs in as that user.
     */
    protected function setUp(): void {
        global $DB;

        parent::setUp();
        $this->resetAfterTest();
        $preset = simplexml_load_file(__DIR__ . '/../role.xml');
        $this->roleid = $this->getDataGenerator()->create_role();
        foreach ($preset->permissions->allow as $capability) {
            if (get_capability_info((string) $capability)) {
                $this->known[] = (string) $capability;
                assign_capability((string) $capability, CAP_ALLOW, $this->roleid, SYSCONTEXTID);
            } else {
                $this->unknown[] = (string) $capability;
            }
        }
        core_role_set_assign_allowed($this->roleid, $DB->get_field('role', 'id', ['shortname' => 'student']));
        $user = $this->getDataGenerator()->create_user();
        role_assign($this->roleid, $user->id, SYSCONTEXTID);
        $this->setUser($user);
    }

    /**
     * Calls get_setup as the web-service server does.
     *
     * @return array
     */
    private function ask(): array {
        return external_api::clean_returnvalue(get_setup::execute_returns(), get_setup::execute());
    }

    public function test_nothing_is_missing_with_the_preset(): void {
        $setup = $this->ask();

        $this->assertGreaterThan(20, count($this->known));
        $this->assertSame([], $setup['missing']);
        $this->assertSame($this->unknown, $setup['unknown']);
    }

    public function test_each_capability_that_is_taken_away_is_missing(): void {
        foreach ($this->known as $capability) {
            assign_capability($capability, CAP_PROHIBIT, $this->roleid, SYSCONTEXTID, true);
            $this->assertSame([$capability], $this->ask()['missing']);
            assign_capability($capability, CAP_ALLOW, $this->roleid, SYSCONTEXTID, true);
        }
        $this->assertSame([], $this->ask()['missing']);
    }

    public function test_a_user_without_the_role_lacks_what_nobody_has(): void {
        $this->setUser($this->getDataGenerator()->create_user());

        $setup = $this->ask();
        $this->assertContains('moodle/user:create', $setup['missing']);
        $this->assertContains('local/lehrgaenge:notify', $setup['missing']);
        $this->assertSame([], $setup['roles']);
    }

    public function test_roles_are_those_that_may_be_assigned_in_courses(): void {
        global $DB;

        $ids = $DB->get_records_menu('role', null, '', 'shortname, id');
        $this->assertEquals([['id' => $ids['student'], 'shortname' => 'student']], $this->ask()['roles']);

        core_role_set_assign_allowed($this->roleid, $ids['teacher']);
        core_role_set_assign_allowed($this->roleid, $ids['coursecreator']);
        $this->assertEqualsCanonicalizing(['student', 'teacher'], array_column($this->ask()['roles'], 'shortname'));

        $DB->delete_records('role_allow_assign', ['roleid' => $this->roleid]);
        $this->assertSame([], $this->ask()['roles']);
    }

    public function test_a_role_in_a_course_assigns_nothing_elsewhere(): void {
        $course = $this->getDataGenerator()->create_course();
        $user = $this->getDataGenerator()->create_and_enrol($course, 'editingteacher');
        $this->setUser($user);

        $this->assertSame([], $this->ask()['roles']);
    }

    public function test_a_site_administrator_lacks_nothing_and_assigns_all_course_roles(): void {
        $this->setAdminUser();

        $setup = $this->ask();
        $this->assertSame([], $setup['missing']);
        $names = array_column($setup['roles'], 'shortname');
        $this->assertContains('editingteacher', $names);
        $this->assertContains('student', $names);
        $this->assertNotContains('coursecreator', $names);
    }

    public function test_settings_of_the_site(): void {
        set_config('allowaccountssameemail', 0);
        set_config('passwordpolicy', 1);
        $this->setTimezone('Europe/Berlin');
        $setup = $this->ask();
        $this->assertFalse($setup['sharedemails']);
        $this->assertTrue($setup['passwordpolicy']);
        $this->assertSame('Europe/Berlin', $setup['timezone']);

        set_config('allowaccountssameemail', 1);
        set_config('passwordpolicy', 0);
        $setup = $this->ask();
        $this->assertTrue($setup['sharedemails']);
        $this->assertFalse($setup['passwordpolicy']);
    }

    public function test_welcome_messages(): void {
        set_config('sendcoursewelcomemessage', 1, 'enrol_manual');
        $this->assertTrue($this->ask()['welcomemessages']);

        set_config('sendcoursewelcomemessage', 0, 'enrol_manual');
        $this->assertFalse($this->ask()['welcomemessages']);

        // Moodle 4.1 to 4.3 has no such setting.
        unset_config('sendcoursewelcomemessage', 'enrol_manual');
        $this->assertFalse($this->ask()['welcomemessages']);
    }

    public function test_the_time_zone_has_a_real_name(): void {
        global $USER;

        $this->setTimezone('99', 'Asia/Tokyo');
        $this->assertSame('Asia/Tokyo', $this->ask()['timezone']);

        $this->setTimezone('Europe/Berlin');
        $USER->timezone = 'America/New_York';
        $this->assertSame('Europe/Berlin', $this->ask()['timezone']);

        set_config('forcetimezone', 'Europe/London');
        $this->assertSame('Europe/London', $this->ask()['timezone']);
    }
}
