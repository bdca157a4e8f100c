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

namespace local_lehrgaenge\external;

use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../../compat.php');

/**
 * Sends notifications about imports, from the site's no-reply user.
 *
 * Each message has an outcome of its own; one that fails keeps no other from being sent.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class notify_users extends external_api {
    /** @var int Messages of one call; each may have to be mailed before it is answered. */
    private const MAX_MESSAGES = 50;

    /** @var int Bytes of a text. */
    private const MAX_TEXT = 4000;

    /** @var int Characters of a subject, which is cut to them. */
    private const MAX_SUBJECT = 255;

    /**
     * What execute() takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'messages' => new external_multiple_structure(new external_single_structure([
                'userid' => new external_value(PARAM_INT, 'Id of the user'),
                'subject' => new external_value(PARAM_RAW, 'What it is about, on one line without markup'),
                'text' => new external_value(PARAM_RAW, 'Plain text'),
            ])),
        ]);
    }

    /**
     * Sends each message as a notification.
     *
     * @param array $messages of arrays with userid, subject and text; at most MAX_MESSAGES
     * @return array one outcome for each of $messages, in their order
     */
    public static function execute(array $messages): array {
        global $DB;

        $params = self::validate_parameters(self::execute_parameters(), ['messages' => $messages]);
        if (count($params['messages']) > self::MAX_MESSAGES) {
            throw new \invalid_parameter_exception('More than ' . self::MAX_MESSAGES . ' messages');
        }

        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/lehrgaenge:notify', $context);

        $users = $DB->get_records_list('user', 'id', array_unique(array_column($params['messages'], 'userid')));
        $outcomes = [];
        foreach ($params['messages'] as $message) {
            $user = $users[$message['userid']] ?? null;
            $error = '';
            if (!$user || $user->deleted || isguestuser($user)) {
                $status = 'nouser';
            } else if ($user->suspended) {
                $status = 'suspended';
            } else {
                $error = self::send($user, $message['subject'], $message['text']);
                $status = $error === '' ? 'sent' : 'failed';
            }
            $outcomes[] = ['userid' => $message['userid'], 'status' => $status, 'message' => $error];
        }
        return $outcomes;
    }

    /**
     * Sends one notification.
     *
     * @param \stdClass $user
     * @param string $subject
     * @param string $text
     * @return string why it was not sent; '' if it was
     */
    private static function send(\stdClass $user, string $subject, string $text): string {
        $subject = trim(preg_replace('/\s+/u', ' ', clean_param($subject, PARAM_TEXT)));
        if ($subject === '' || trim($text) === '') {
            return 'Subject or text is empty.';
        }
        if (strlen($text) > self::MAX_TEXT) {
            return 'The text is longer than ' . self::MAX_TEXT . ' bytes.';
        }

        $message = new \core\message\message();
        $message->component = 'local_lehrgaenge';
        $message->name = 'imports';
        $message->notification = 1;
        $message->courseid = SITEID;
        $message->userfrom = \core_user::get_noreply_user();
        $message->userto = $user;
        $message->subject = \core_text::substr($subject, 0, self::MAX_SUBJECT);
        $message->fullmessage = $text;
        $message->fullmessageformat = FORMAT_PLAIN;
        $message->fullmessagehtml = '';
        $message->smallmessage = $message->subject;
        try {
            return message_send($message) ? '' : 'Moodle did not send it; perhaps these notifications are switched off for the site.';
        } catch (\Throwable $e) {
            // What it left open must not swallow the next user's notification.
            abort_all_db_transactions();
            return $e->getMessage() ?: 'Moodle did not send it.';
        }
    }

    /**
     * What execute() returns.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'userid' => new external_value(PARAM_INT, 'Id of the user'),
            'status' => new external_value(PARAM_ALPHA, 'sent, suspended, nouser or failed'),
            'message' => new external_value(PARAM_RAW, 'Why it failed, else empty'),
        ]));
    }
}
