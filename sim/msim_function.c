/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "msim_function.h"

const MsimFunction *const msim_functions[] = {
  &msim_site_info,         &msim_batch,           &msim_message_send,       &msim_company_find,
  &msim_company_courses,   &msim_company_assign,  &msim_company_categories, &msim_course_by_field,
  &msim_course_list,       &msim_course_options,  &msim_course_create,      &msim_course_update,
  &msim_content_get,       &msim_content_forums,  &msim_content_delete,     &msim_import_course,
  &msim_user_by_field,     &msim_user_search,     &msim_user_create,        &msim_user_update,
  &msim_enrol_enrol,       &msim_enrol_unenrol,   &msim_enrolled_users,     &msim_enrolled_courses,
  &msim_group_list,        &msim_group_create,    &msim_group_add_members,  &msim_group_members,
  &msim_completion_status, &msim_plugin_complete, &msim_plugin_completions, &msim_plugin_rosters,
  &msim_plugin_setup,      &msim_plugin_users,    &msim_plugin_notify,      NULL,
};
