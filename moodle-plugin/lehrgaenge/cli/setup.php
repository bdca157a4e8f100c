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
 * Makes the role, the user and the token with which lehrgaenge-sync calls Moodle's web services.
 *
 * Only adds: run again, it does what is missing, and gives back the token that is there.
 *
 * @package    local_lehrgaenge
 * @copyright  2026 The lehrgaenge-sync authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

define('CLI_SCRIPT', true);

require(__DIR__ . '/../../../config.php');
require_once($CFG->libdir . '/clilib.php');
require_once($CFG->dirroot . '/user/lib.php');
require_once($CFG->dirroot . '/webservice/lib.php');

[$options, $unrecognised] = cli_get_params([
    'help' => false,
    'token-file' => '',
    'username' => 'lehrgaenge-sync',
    'email' => 'lehrgaenge-sync@invalid.local',
    'ip' => '',
], ['h' => 'help']);
if ($unrecognised) {
    cli_error(get_string('cliunknowoption', 'admin', implode(PHP_EOL . '  ', $unrecognised)), 2);
}
if ($options['help'] || in_array($options['token-file'], ['', true], true)) {
    cli_writeln('Sets Moodle up for lehrgaenge-sync: switches on web services and REST, makes the role "lehrgaenge-sync" with the
capabilities it needs and the right to assign the student role, makes a user who has that role and cannot sign in on
the web, lets that user use the service "lehrgaenge-sync", and writes the token into a file that only its owner can read.
It only adds; run again, it does what is missing.

Options:
  --token-file=FILE   new file for the token, or - for standard output (required)
  --username=NAME     the user ("lehrgaenge-sync")
  --email=ADDRESS     address of the user, if it has to be made ("lehrgaenge-sync@invalid.local")
  --ip=LIST           addresses from which a new token may be used, such as 192.0.2.7 or 192.0.2.0/24 (from everywhere)
  -h, --help          this text

Example, as the user the web server runs as:
  php local/lehrgaenge/cli/setup.php --token-file=$HOME/moodle.token');
    exit($options['help'] ? 0 : 2);
}

$service = $DB->get_record('external_services', ['component' => 'local_lehrgaenge'], '*', IGNORE_MULTIPLE);
if (!$service) {
    cli_error('The plugin is not installed yet: run php admin/cli/upgrade.php first.');
}
if (file_exists($options['token-file'])) {
    cli_error('--token-file: ' . $options['token-file'] . ' exists already; name a new file, or remove it.', 2);
}
if (clean_param($options['username'], PARAM_USERNAME) !== $options['username'] || $options['username'] === '') {
    cli_error('--username: "' . $options['username'] . '" is not a user name that Moodle allows.', 2);
}
$user = core_user::get_user_by_username($options['username']);
if ($user && (is_siteadmin($user) || isguestuser($user))) {
    cli_error('--username: "' . $options['username'] . '" is the guest or a site administrator; name another user.', 2);
}

\core\session\manager::set_user(get_admin());
$systemcontext = context_system::instance();

// Web services and REST, beside other protocols.
$protocols = array_filter(explode(',', get_config('core', 'webserviceprotocols') ?: ''));
if (!in_array('rest', $protocols)) {
    set_config('webserviceprotocols', implode(',', array_merge($protocols, ['rest'])));
}
set_config('enablewebservices', 1);

// The role.
$role = simplexml_load_file(__DIR__ . '/../role.xml');
$roleid = $DB->get_field('role', 'id', ['shortname' => (string) $role->shortname]);
if (!$roleid) {
    $roleid = create_role((string) $role->name, (string) $role->shortname, (string) $role->description);
    set_role_contextlevels($roleid, [CONTEXT_SYSTEM]);
}
foreach ($role->permissions->allow as $capability) {
    if (get_capability_info((string) $capability)) {
        assign_capability((string) $capability, CAP_ALLOW, $roleid, $systemcontext->id, true);
    } else {
        cli_problem("Left out: this Moodle has no capability $capability");
    }
}
$studentid = $DB->get_field('role', 'id', ['shortname' => (string) $role->allowassign->shortname]);
if (!$studentid) {
    cli_problem('No role "student": allow the role "lehrgaenge-sync" to assign the role that participants get.');
} else if (!$DB->record_exists('role_allow_assign', ['roleid' => $roleid, 'allowassign' => $studentid])) {
    core_role_set_assign_allowed($roleid, $studentid);
}

// The user: web services only, no password.
if (!$user) {
    $user = core_user::get_user(user_create_user((object) [
        'username' => $options['username'],
        'auth' => 'webservice',
        'firstname' => 'lehrgaenge-sync',
        'lastname' => 'Webservice',
        'email' => $options['email'],
        'emailstop' => 1,
        'confirmed' => 1,
        'mnethostid' => $CFG->mnet_localhost_id,
    ], false));
}
role_assign($roleid, $user->id, $systemcontext->id);

// The service and the token.
$authorised = ['externalserviceid' => $service->id, 'userid' => $user->id];
if (!$DB->record_exists('external_services_users', $authorised)) {
    (new webservice())->add_ws_authorised_user((object) $authorised);
}
$token = $DB->get_field_select(
    'external_tokens',
    'token',
    'externalserviceid = ? AND userid = ? AND tokentype = ? AND (COALESCE(validuntil, 0) = 0 OR validuntil > ?)',
    [$service->id, $user->id, EXTERNAL_TOKEN_PERMANENT, time()],
    IGNORE_MULTIPLE
);
if (!$token) {
    $arguments = [EXTERNAL_TOKEN_PERMANENT, $service, $user->id, $systemcontext, 0, $options['ip']];
    if (class_exists('core_external\\util')) {
        $token = \core_external\util::generate_token(...$arguments);
    } else {
        // Moodle 4.1.
        require_once($CFG->libdir . '/externallib.php');
        $token = external_generate_token(...$arguments);
    }
}

if ($options['token-file'] === '-') {
    cli_writeln($token);
    exit(0);
}
umask(0077);
$file = fopen($options['token-file'], 'x');
if (!$file || !fwrite($file, $token . "\n") || !fclose($file)) {
    cli_error('The token could not be written to ' . $options['token-file'] . '; run this again with another file.');
}
cli_writeln("For [moodle] in lehrgaenge.conf: url=$CFG->wwwroot" . ($studentid ? ", student-role=$studentid" : ''));
cli_writeln("The token of {$user->username} is in {$options['token-file']}");
