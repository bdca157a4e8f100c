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
use core_external\external_warnings;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../../compat.php');

/**
 * Lists who has completed which of several courses, and when.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_completions extends external_api {
    use reads_courses;

    /**
     * What execute() takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'courseids' => new external_multiple_structure(new external_value(PARAM_INT, 'Id of a course')),
        ]);
    }

    /**
     * Reads the completions of all courses that the caller may see them of; the others become warnings.
     *
     * @param array $courseids
     * @return array completions and warnings
     */
    public static function execute(array $courseids): array {
        global $DB;

        $params = self::validate_parameters(self::execute_parameters(), ['courseids' => $courseids]);

        [$readable, $warnings] = self::find_readable($params['courseids'], ['report/completion:view']);
        $completions = [];
        if ($readable) {
            [$insql, $inparams] = $DB->get_in_or_equal($readable);
            $completions = $DB->get_records_select(
                'course_completions',
                "course $insql AND timecompleted > 0",
                $inparams,
                'course, userid',
                'id, course AS courseid, userid, timecompleted'
            );
        }
        return ['completions' => $completions, 'warnings' => $warnings];
    }

    /**
     * What execute() returns.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'completions' => new external_multiple_structure(new external_single_structure([
                'courseid' => new external_value(PARAM_INT, 'Id of the course'),
                'userid' => new external_value(PARAM_INT, 'Id of the user'),
                'timecompleted' => new external_value(PARAM_INT, 'When the course was completed'),
            ])),
            'warnings' => new external_warnings(),
        ]);
    }
}
