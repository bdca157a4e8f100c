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
 * Tells the caller what it lacks of the role that it should have, and how the site is set up for what it does.
 *
 * It tells of the caller alone, so that nothing but the token is asked for.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_setup extends external_api {
    /**
     * What execute() takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([]);
    }

    /**
     * Looks at the caller's rights in the whole site, and at some settings.
     *
     * @return array missing and unknown capabilities, roles, settings
     */
    public static function execute(): array {
        global $CFG;

        self::validate_parameters(self::execute_parameters(), []);
        $context = \context_system::instance();
        self::validate_context($context);

        $missing = [];
        $unknown = [];
        foreach (self::read_capabilities() as $capability) {
            if (!get_capability_info($capability)) {
                $unknown[] = $capability;
            } else if (!has_capability($capability, $context)) {
                $missing[] = $capability;
            }
        }
        return [
            'missing' => $missing,
            'unknown' => $unknown,
            'roles' => self::find_roles($context),
            'sharedemails' => !empty($CFG->allowaccountssameemail),
            // The zone of people who have chosen none.
            'timezone' => \core_date::get_user_timezone(new \stdClass()),
            'passwordpolicy' => !empty($CFG->passwordpolicy),
            // From Moodle 4.4 on; what new courses get.
            'welcomemessages' => !empty(get_config('enrol_manual', 'sendcoursewelcomemessage')),
        ];
    }

    /**
     * Reads the capabilities of the role preset.
     *
     * @return string[]
     */
    private static function read_capabilities(): array {
        $role = simplexml_load_string(file_get_contents(__DIR__ . '/../../role.xml'));
        $capabilities = [];
        foreach ($role->permissions->allow as $capability) {
            $capabilities[] = (string) $capability;
        }
        return $capabilities;
    }

    /**
     * Finds the roles that the caller's roles in the whole site allow to assign in courses.
     *
     * Moodle's get_assignable_roles() tells the same of one course, and nothing without the capability to assign at
     * all, which is told apart here.
     *
     * @param \context_system $context
     * @return array roles by ascending id
     */
    private static function find_roles(\context_system $context): array {
        global $DB, $USER;

        $params = ['level' => CONTEXT_COURSE];
        $allowed = '';
        if (!is_siteadmin()) {
            $allowed = 'AND EXISTS (SELECT 1
                                      FROM {role_allow_assign} raa
                                      JOIN {role_assignments} ra ON ra.roleid = raa.roleid
                                     WHERE raa.allowassign = r.id AND ra.userid = :userid AND ra.contextid = :context)';
            $params += ['userid' => $USER->id, 'context' => $context->id];
        }
        $sql = "SELECT r.id, r.shortname
                  FROM {role} r
                  JOIN {role_context_levels} rcl ON rcl.roleid = r.id AND rcl.contextlevel = :level
                 WHERE 1 = 1 $allowed
              ORDER BY r.id";
        return $DB->get_records_sql($sql, $params);
    }

    /**
     * What execute() returns.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'missing' => new external_multiple_structure(
                new external_value(PARAM_RAW, 'Capability of the role preset that the caller does not have in the whole site')
            ),
            'unknown' => new external_multiple_structure(
                new external_value(PARAM_RAW, 'Capability of the role preset that this Moodle does not know')
            ),
            'roles' => new external_multiple_structure(new external_single_structure([
                'id' => new external_value(PARAM_INT, 'Id of a role that the caller may assign in courses'),
                'shortname' => new external_value(PARAM_RAW, 'Its short name'),
            ])),
            'sharedemails' => new external_value(PARAM_BOOL, 'Whether accounts may have the same e-mail address'),
            'timezone' => new external_value(PARAM_RAW, 'Name of the default time zone'),
            'passwordpolicy' => new external_value(PARAM_BOOL, 'Whether there is a password policy'),
            'welcomemessages' => new external_value(PARAM_BOOL, 'Whether people enrolled manually get a welcome message'),
        ]);
    }
}
