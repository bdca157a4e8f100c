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
 * Finds many users by id, ID number, user name or e-mail address.
 *
 * Moodle's own function makes a whole profile of each, with several queries, and fails as a whole for one odd value.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class get_users extends external_api {
    /** @var int Values of one call; some databases take only two thousand parameters. */
    private const MAX_VALUES = 1000;

    /**
     * What execute() takes.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'field' => new external_value(PARAM_ALPHA, 'id, idnumber, username or email'),
            'values' => new external_multiple_structure(new external_value(PARAM_RAW, 'Value to look for')),
        ]);
    }

    /**
     * Finds the local users who have one of the values.
     *
     * E-mail addresses are compared without regard to case, all else as the database does: the caller looks closer.
     *
     * @param string $field
     * @param array $values at most MAX_VALUES
     * @return array users by ascending id
     */
    public static function execute(string $field, array $values): array {
        global $CFG, $DB, $USER;

        $params = self::validate_parameters(self::execute_parameters(), ['field' => $field, 'values' => $values]);
        if (!in_array($params['field'], ['id', 'idnumber', 'username', 'email'], true)) {
            throw new \invalid_parameter_exception('Users cannot be looked for by ' . $params['field']);
        }
        if (count($params['values']) > self::MAX_VALUES) {
            throw new \invalid_parameter_exception('More than ' . self::MAX_VALUES . ' values');
        }

        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('moodle/user:viewalldetails', $context);

        [$where, $whereparams] = self::find_condition($params['field'], $params['values']);
        if ($where === '') {
            return [];
        }

        // An address that Moodle would not show is not shown here either, and finds nobody.
        $showsemail = in_array('email', \core_user\fields::get_identity_fields($context, false));
        if ($params['field'] === 'email' && !$showsemail) {
            $where .= ' AND id = ' . (int) $USER->id;
        }

        $users = $DB->get_records_select(
            'user',
            "$where AND deleted = 0 AND mnethostid = ?",
            array_merge($whereparams, [$CFG->mnet_localhost_id]),
            'id',
            'id, username, idnumber, email, auth'
        );
        foreach ($users as $user) {
            if (!$showsemail && $user->id != $USER->id) {
                $user->email = '';
            }
        }
        return $users;
    }

    /**
     * Makes the condition that finds the values.
     *
     * @param string $field
     * @param string[] $values
     * @return array SQL and its parameters; '' if nobody can have any of the values
     */
    private static function find_condition(string $field, array $values): array {
        global $DB;

        if ($field === 'id') {
            // Ids have one spelling only, and must fit into the database's integers.
            $values = preg_grep('/^[1-9][0-9]{0,17}$/D', $values);
        }
        $values = array_values(array_unique($values));
        if (!$values) {
            return ['', []];
        }
        if ($field === 'email') {
            // The database changes the case on both sides, for each has its own idea of letters.
            $insql = 'IN (' . implode(', ', array_fill(0, count($values), 'LOWER(?)')) . ')';
            return ["email <> '' AND LOWER(email) $insql", $values];
        }
        [$insql, $params] = $DB->get_in_or_equal($values);
        // Most users have no ID number, and some databases find more than the empty text equal to it.
        return $field === 'id' ? ["id $insql", $params] : ["$field <> '' AND $field $insql", $params];
    }

    /**
     * What execute() returns. Texts are as the database has them, for they are compared with others.
     *
     * @return external_multiple_structure
     */
    public static function execute_returns(): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure([
            'id' => new external_value(PARAM_INT, 'Id of the user'),
            'username' => new external_value(PARAM_RAW, 'User name'),
            'idnumber' => new external_value(PARAM_RAW, 'ID number'),
            'email' => new external_value(PARAM_RAW, 'E-mail address; empty if it is hidden'),
            'auth' => new external_value(PARAM_RAW, 'Authentication method'),
        ]));
    }
}
