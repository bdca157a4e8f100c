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

/**
 * Web-service functions, and a service that has all functions lehrgaenge-sync calls.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$functions = [
    'local_lehrgaenge_complete_users' => [
        'classname' => 'local_lehrgaenge\external\complete_users',
        'methodname' => 'execute',
        'description' => 'Marks a course as completed for users, as of a given time.',
        'type' => 'write',
        'capabilities' => 'moodle/course:markcomplete',
    ],
    'local_lehrgaenge_get_completions' => [
        'classname' => 'local_lehrgaenge\external\get_completions',
        'methodname' => 'execute',
        'description' => 'Lists who has completed which of several courses, and when.',
        'type' => 'read',
        'capabilities' => 'report/completion:view',
    ],
    'local_lehrgaenge_get_rosters' => [
        'classname' => 'local_lehrgaenge\external\get_rosters',
        'methodname' => 'execute',
        'description' => 'Lists who is in which of several courses, by which method, and in which groups.',
        'type' => 'read',
        'capabilities' => 'moodle/course:viewparticipants, moodle/course:enrolreview, moodle/course:managegroups, '
            . 'moodle/site:accessallgroups, report/completion:view, moodle/user:viewalldetails',
    ],
    'local_lehrgaenge_get_setup' => [
        'classname' => 'local_lehrgaenge\external\get_setup',
        'methodname' => 'execute',
        'description' => 'Tells the caller which rights it lacks, which roles it may assign, and three settings of the site.',
        'type' => 'read',
        'capabilities' => '',
    ],
    'local_lehrgaenge_get_users' => [
        'classname' => 'local_lehrgaenge\external\get_users',
        'methodname' => 'execute',
        'description' => 'Finds many users by id, ID number, user name or e-mail address.',
        'type' => 'read',
        'capabilities' => 'moodle/user:viewalldetails',
    ],
    'local_lehrgaenge_notify_users' => [
        'classname' => 'local_lehrgaenge\external\notify_users',
        'methodname' => 'execute',
        'description' => 'Sends people notifications about imports.',
        'type' => 'write',
        'capabilities' => 'local/lehrgaenge:notify',
    ],
];

// Moodle leaves functions out that it does not have, such as those of IOMAD, until they are installed.
$services = [
    'lehrgaenge-sync' => [
        'shortname' => 'local_lehrgaenge',
        'enabled' => 1,
        'restrictedusers' => 1,
        'downloadfiles' => 0,
        'uploadfiles' => 0,
        'functions' => [
            'core_webservice_get_site_info',
            'tool_mobile_call_external_functions',
            'block_iomad_company_admin_get_companies',
            'block_iomad_company_admin_get_company_courses',
            'block_iomad_company_admin_assign_courses',
            'core_course_get_categories',
            'core_course_get_courses_by_field',
            'core_course_get_courses',
            'core_course_get_user_administration_options',
            'core_course_create_courses',
            'core_course_update_courses',
            'core_course_import_course',
            'core_course_get_contents',
            'mod_forum_get_forums_by_courses',
            'core_user_get_users_by_field',
            'core_user_get_users',
            'core_user_create_users',
            'core_user_update_users',
            'core_enrol_get_enrolled_users',
            'enrol_manual_enrol_users',
            'enrol_manual_unenrol_users',
            'core_group_get_course_groups',
            'core_group_get_group_members',
            'core_group_create_groups',
            'core_group_add_group_members',
            'local_lehrgaenge_complete_users',
            'local_lehrgaenge_get_completions',
            'local_lehrgaenge_get_rosters',
            'local_lehrgaenge_get_setup',
            'local_lehrgaenge_get_users',
            'local_lehrgaenge_notify_users',
        ],
    ],
];
