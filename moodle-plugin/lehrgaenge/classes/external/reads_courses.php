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

/**
 * What the functions have in common that read several courses: one that may not be read does not spoil the call.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
trait reads_courses {
    /**
     * Tells the courses that the caller may read from those that are not there or not for the caller.
     *
     * @param int[] $courseids may hold an id twice
     * @param string[] $capabilities all of them are asked for in each course
     * @return array ids of the readable courses, and warnings about the others
     */
    private static function find_readable(array $courseids, array $capabilities): array {
        $readable = [];
        $warnings = [];
        foreach (array_unique($courseids) as $courseid) {
            try {
                $context = \context_course::instance($courseid);
                self::validate_context($context);
                foreach ($capabilities as $capability) {
                    require_capability($capability, $context);
                }
                $readable[] = $courseid;
            } catch (\moodle_exception $e) {
                $warnings[] = [
                    'item' => 'course',
                    'itemid' => $courseid,
                    'warningcode' => clean_param($e->errorcode, PARAM_ALPHANUM),
                    'message' => clean_param($e->getMessage(), PARAM_TEXT),
                ];
            }
        }
        return [$readable, $warnings];
    }
}
