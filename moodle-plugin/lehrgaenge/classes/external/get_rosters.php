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
 * Lists who is in which of several courses, by which method, and in which groups.
 *
 * Moodle's own functions tell the same of one course at a time with several queries for each person, but not the method.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_rosters extends external_api {
    use reads_courses;

    /** @var string[] What Moodle's own functions ask for in a course before they tell the same. */
    private const CAPABILITIES = [
        'moodle/course:viewparticipants',
        'moodle/course:enrolreview',
        'moodle/course:managegroups',
        'moodle/site:accessallgroups',
        'report/completion:view',
    ];

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
     * Reads all courses that the caller may see that much of; the others become warnings.
     *
     * @param array $courseids
     * @return array enrolments, groups and warnings
     */
    public static function execute(array $courseids): array {
        $params = self::validate_parameters(self::execute_parameters(), ['courseids' => $courseids]);

        $system = \context_system::instance();
        self::validate_context($system);
        require_capability('moodle/user:viewalldetails', $system);

        [$readable, $warnings] = self::find_readable($params['courseids'], self::CAPABILITIES);
        $enrolments = [];
        $groups = [];
        if ($readable) {
            $enrolments = self::find_enrolments($readable);
            $groups = self::find_groups($readable, $enrolments);
        }
        return ['enrolments' => $enrolments, 'groups' => $groups, 'warnings' => $warnings];
    }

    /**
     * Reads the enrolments of all courses with one query.
     *
     * @param int[] $courseids
     * @return array a row for each user and course
     */
    private static function find_enrolments(array $courseids): array {
        global $DB;

        // Active as is_enrolled() has it: to the second, and with disabled enrolment plugins as well.
        [$insql, $params] = $DB->get_in_or_equal($courseids, SQL_PARAMS_NAMED);
        $sql = "SELECT e.courseid, ue.userid, u.username, u.idnumber,
                       MAX(CASE WHEN e.status = :enabled AND ue.status = :active
                                 AND ue.timestart <= :started AND (ue.timeend = 0 OR ue.timeend > :notended)
                                THEN 1 ELSE 0 END) AS active,
                       MIN(CASE WHEN e.enrol <> :manual THEN NULL
                                WHEN ue.status = :manualactive THEN 1 ELSE 2 END) AS manual,
                       cc.timecompleted
                  FROM {enrol} e
                  JOIN {user_enrolments} ue ON ue.enrolid = e.id
                  JOIN {user} u ON u.id = ue.userid
             LEFT JOIN {course_completions} cc ON cc.course = e.courseid AND cc.userid = ue.userid
                 WHERE e.courseid $insql AND u.deleted = 0
              GROUP BY e.courseid, ue.userid, u.username, u.idnumber, cc.timecompleted
              ORDER BY e.courseid, ue.userid";
        $now = time();
        $rows = $DB->get_recordset_sql($sql, $params + [
            'enabled' => ENROL_INSTANCE_ENABLED,
            'active' => ENROL_USER_ACTIVE,
            'started' => $now,
            'notended' => $now,
            'manual' => 'manual',
            'manualactive' => ENROL_USER_ACTIVE,
        ]);
        $enrolments = [];
        foreach ($rows as $row) {
            $enrolments[] = [
                'courseid' => $row->courseid,
                'userid' => $row->userid,
                'username' => $row->username,
                'idnumber' => $row->idnumber,
                'active' => $row->active,
                'manual' => $row->manual ?? 0,
                'timecompleted' => $row->timecompleted ?? 0,
            ];
        }
        $rows->close();
        return $enrolments;
    }

    /**
     * Reads the groups of all courses, and their members among the enrolled, with one query.
     *
     * @param int[] $courseids
     * @param array $enrolments of these courses
     * @return array a row for each group
     */
    private static function find_groups(array $courseids, array $enrolments): array {
        global $DB;

        $enrolled = [];
        foreach ($enrolments as $enrolment) {
            $enrolled[$enrolment['courseid']][$enrolment['userid']] = true;
        }

        // Moodle 4.1 has no groups that are hidden from others.
        $visible = class_exists('core_group\visibility') ? 'AND g.visibility = ' . GROUPS_VISIBILITY_ALL : '';
        [$insql, $params] = $DB->get_in_or_equal($courseids);
        $rows = $DB->get_recordset_sql(
            "SELECT g.courseid, g.id, g.name, gm.userid
               FROM {groups} g
          LEFT JOIN {groups_members} gm ON gm.groupid = g.id
              WHERE g.courseid $insql $visible
           ORDER BY g.courseid, g.id, gm.userid",
            $params
        );
        $groups = [];
        foreach ($rows as $row) {
            $groups[$row->id] ??= ['courseid' => $row->courseid, 'id' => $row->id, 'name' => $row->name, 'userids' => []];
            if (isset($enrolled[$row->courseid][$row->userid])) {
                $groups[$row->id]['userids'][] = $row->userid;
            }
        }
        $rows->close();
        return array_values($groups);
    }

    /**
     * What execute() returns. Texts are as the database has them, for they are compared with others.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'enrolments' => new external_multiple_structure(new external_single_structure([
                'courseid' => new external_value(PARAM_INT, 'Id of the course'),
                'userid' => new external_value(PARAM_INT, 'Id of the user'),
                'username' => new external_value(PARAM_RAW, 'User name'),
                'idnumber' => new external_value(PARAM_RAW, 'ID number of the user'),
                'active' => new external_value(PARAM_INT, '1: actively enrolled, by whatever method; 0: not'),
                'manual' => new external_value(PARAM_INT, '0: no manual enrolment; 1: an active one; 2: a suspended one'),
                'timecompleted' => new external_value(PARAM_INT, 'When the course was completed; 0: it is not'),
            ])),
            'groups' => new external_multiple_structure(new external_single_structure([
                'courseid' => new external_value(PARAM_INT, 'Id of the course'),
                'id' => new external_value(PARAM_INT, 'Id of the group'),
                'name' => new external_value(PARAM_RAW, 'Name of the group'),
                'userids' => new external_multiple_structure(new external_value(PARAM_INT, 'Id of an enrolled member')),
            ])),
            'warnings' => new external_warnings(),
        ]);
    }
}
