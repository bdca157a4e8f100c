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
 * Marks a course as completed for users, as of a given time.
 *
 * Each user has an outcome of their own; one that fails keeps no other from being done.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class complete_users extends external_api {
    /**
     * What execute() takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseid' => new external_value(PARAM_INT, 'Id of the course'),
            'completions' => new external_multiple_structure(new external_single_structure([
                'userid' => new external_value(PARAM_INT, 'Id of the user'),
                'timecompleted' => new external_value(PARAM_INT, 'When the course was completed; the future counts as now'),
            ])),
        ]);
    }

    /**
     * Marks the course as completed for those who are enrolled (even if suspended) and have not completed it yet.
     *
     * @param int $courseid
     * @param array $completions of arrays with userid and timecompleted
     * @return array one outcome for each of $completions, in their order
     */
    public static function execute(int $courseid, array $completions): array {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/completion/completion_completion.php');

        $params = self::validate_parameters(self::execute_parameters(), [
            'courseid' => $courseid,
            'completions' => $completions,
        ]);

        $context = \context_course::instance($params['courseid']);
        self::validate_context($context);
        require_capability('moodle/course:markcomplete', $context);
        if ($context->instanceid == SITEID) {
            // Everyone counts as enrolled in the front page, and nobody completes it.
            throw new \moodle_exception('invalidcourseid');
        }

        $userids = array_unique(array_column($params['completions'], 'userid'));
        $users = $DB->get_records_list('user', 'id', $userids, '', 'id, deleted');
        $outcomes = [];
        foreach ($params['completions'] as $completion) {
            $user = $users[$completion['userid']] ?? null;
            $time = 0;
            $message = '';
            if (!$user || $user->deleted) {
                $status = 'nouser';
            } else if (!is_enrolled($context, $user->id)) {
                $status = 'notenrolled';
            } else {
                [$status, $time, $message] = self::complete($context->instanceid, $user->id, $completion['timecompleted']);
            }
            $outcomes[] = [
                'userid' => $completion['userid'],
                'status' => $status,
                'timecompleted' => $time,
                'message' => $message,
            ];
        }
        return $outcomes;
    }

    /**
     * Marks the course as completed for one enrolled user.
     *
     * @param int $courseid
     * @param int $userid
     * @param int $time
     * @return array status, the time that now holds, and why it failed
     */
    private static function complete(int $courseid, int $userid, int $time): array {
        if ($held = self::time_held($courseid, $userid)) {
            return ['already', $held, ''];
        }
        if ($time <= 0) {
            return ['failed', 0, 'timecompleted must be greater than 0.'];
        }
        $message = 'Moodle did not save the completion.';
        try {
            $completion = new \completion_completion(['userid' => $userid, 'course' => $courseid]);
            $completion->mark_complete(min($time, time()));
        } catch (\Throwable $e) {
            // What it left open must not swallow the next user's completion.
            abort_all_db_transactions();
            $message = $e->getMessage();
        }
        // The completion holds even if what follows it, such as the message to the user, failed.
        $held = self::time_held($courseid, $userid);
        return $held ? ['completed', $held, ''] : ['failed', 0, $message];
    }

    /**
     * When the course was completed according to the database; 0 if it was not.
     *
     * @param int $courseid
     * @param int $userid
     * @return int
     */
    private static function time_held(int $courseid, int $userid): int {
        global $DB;
        return (int) $DB->get_field('course_completions', 'timecompleted', ['course' => $courseid, 'userid' => $userid]);
    }

    /**
     * What execute() returns.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'userid' => new external_value(PARAM_INT, 'Id of the user'),
            'status' => new external_value(PARAM_ALPHA, 'completed, already, notenrolled, nouser or failed'),
            'timecompleted' => new external_value(PARAM_INT, 'The completion time that now holds, 0 if there is none'),
            'message' => new external_value(PARAM_RAW, 'Why it failed, else empty'),
        ]));
    }
}
