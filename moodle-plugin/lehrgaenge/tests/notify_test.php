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
use local_lehrgaenge\external\notify_users;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../compat.php');

/**
 * Tests of the notifications.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_lehrgaenge\external\notify_users
 */
final class notify_test extends \advanced_testcase {
    /** @var \phpunit_message_sink Takes the notifications. */
    private $sent;

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        $this->setAdminUser();
        $this->sent = $this->redirectMessages();
    }

    /**
     * Calls notify_users as the web-service server does.
     *
     * @param array $messages userid, subject, text triples
     * @return array
     */
    private function notify(array $messages): array {
        $rows = array_map(fn($one) => ['userid' => $one[0], 'subject' => $one[1], 'text' => $one[2]], $messages);
        return external_api::clean_returnvalue(notify_users::execute_returns(), notify_users::execute($rows));
    }

    public function test_a_notification_is_plain_text_from_nobody(): void {
        $user = $this->getDataGenerator()->create_user();
        $text = "Der Import für „Fulda“ ist fertig.\n5 < 7 & <b>kein Fettdruck</b>";

        $outcomes = $this->notify([[$user->id, "Import\n\t<b>2025</b>  – größer", $text]]);

        $this->assertEquals([['userid' => $user->id, 'status' => 'sent', 'message' => '']], $outcomes);
        $messages = $this->sent->get_messages();
        $this->assertCount(1, $messages);
        $this->assertEquals($user->id, $messages[0]->useridto);
        $this->assertEquals(\core_user::NOREPLY_USER, $messages[0]->useridfrom);
        $this->assertSame('local_lehrgaenge', $messages[0]->component);
        $this->assertSame('imports', $messages[0]->eventtype);
        $this->assertSame('Import 2025 – größer', $messages[0]->subject);
        $this->assertSame('Import 2025 – größer', $messages[0]->smallmessage);
        $this->assertSame($text, $messages[0]->fullmessage);
        $this->assertEquals(FORMAT_PLAIN, $messages[0]->fullmessageformat);
        $this->assertSame('', $messages[0]->fullmessagehtml);
    }

    public function test_each_message_has_an_outcome(): void {
        $generator = $this->getDataGenerator();
        $user = $generator->create_user();
        $suspended = $generator->create_user(['suspended' => 1]);
        $deleted = $generator->create_user();
        delete_user($deleted);

        $outcomes = $this->notify([
            [-1, 'A', 'a'],
            [$user->id, 'B', 'b'],
            [$suspended->id, 'C', 'c'],
            [$deleted->id, 'D', 'd'],
            [guest_user()->id, 'E', 'e'],
            [$user->id, ' <i></i> ', 'f'],
            [$user->id, 'G', "\n"],
            [$user->id, 'H', str_repeat('ü', 2001)],
            [$user->id, 'B', 'b'],
        ]);

        $this->assertSame(
            ['nouser', 'sent', 'suspended', 'nouser', 'nouser', 'failed', 'failed', 'failed', 'sent'],
            array_column($outcomes, 'status')
        );
        foreach ($outcomes as $outcome) {
            $this->assertSame($outcome['status'] === 'failed', $outcome['message'] !== '');
        }
        $this->assertSame(['B', 'B'], array_column($this->sent->get_messages(), 'subject'));
    }

    public function test_sizes_are_bounded(): void {
        $user = $this->getDataGenerator()->create_user();
        $long = str_repeat('ü', 2000);

        $this->assertSame('sent', $this->notify([[$user->id, str_repeat('ä', 300), $long]])[0]['status']);
        $message = $this->sent->get_messages()[0];
        $this->assertSame(str_repeat('ä', 255), $message->subject);
        $this->assertSame($long, $message->fullmessage);

        $this->assertCount(50, $this->notify(array_fill(0, 50, [$user->id, 'S', 't'])));
        $this->expectException(\invalid_parameter_exception::class);
        $this->notify(array_fill(0, 51, [$user->id, 'S', 't']));
    }

    public function test_a_site_can_switch_them_off(): void {
        $user = $this->getDataGenerator()->create_user();
        set_config('local_lehrgaenge_imports_disable', 1, 'message');

        $outcome = $this->notify([[$user->id, 'S', 't']])[0];
        $this->assertSame('failed', $outcome['status']);
        $this->assertNotSame('', $outcome['message']);
        $this->assertSame(0, $this->sent->count());
    }

    public function test_notifying_needs_the_capability(): void {
        $user = $this->getDataGenerator()->create_user();
        $caller = $this->getDataGenerator()->create_user();
        $roleid = $this->getDataGenerator()->create_role();
        role_assign($roleid, $caller->id, SYSCONTEXTID);

        assign_capability('local/lehrgaenge:notify', CAP_ALLOW, $roleid, SYSCONTEXTID);
        $this->setUser($caller);
        $this->assertSame('sent', $this->notify([[$user->id, 'S', 't']])[0]['status']);

        unassign_capability('local/lehrgaenge:notify', $roleid);
        assign_capability('moodle/site:sendmessage', CAP_ALLOW, $roleid, SYSCONTEXTID);
        $this->setUser($caller);
        $this->expectException(\required_capability_exception::class);
        $this->notify([[$user->id, 'S', 't']]);
    }
}
