/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract-private.h"

static GatewayCompany
find(Contract *contract, const char *name, const char *code) {
  g_autoptr(GError) error = NULL;
  GatewayCompany company = { .name = name, .code = code, .id = 77 };
  bool ok = contract->call->find_companies(contract->gateway, &company, 1, &error);
  g_assert_no_error(error);
  g_assert_true(ok);
  return company;
}

static void
found_by_name_and_code(Contract *contract) {
  GatewayCompany company = find(contract, CONTRACT_COMPANY, CONTRACT_COMPANY_CODE);
  g_assert_cmpint(company.id, ==, contract->company);
  g_assert_cmpint(company.category, ==, contract->category);
}

static void
odd_characters(Contract *contract) {
  GatewayCompany company = find(contract, CONTRACT_ODD_COMPANY, CONTRACT_ODD_COMPANY_CODE);
  g_assert_cmpint(company.id, >, 0);
  g_assert_cmpint(company.id, !=, contract->company);
  g_assert_cmpint(company.category, >, 0);
  g_assert_cmpint(company.category, !=, contract->category);
}

/* The id and category a caller left in are overwritten when there is none. */
static void
both_must_be_exact(Contract *contract) {
  static const struct {
    const char *name, *code;
  } wrong[] = {
    { CONTRACT_COMPANY, "fd" },
    { "landkreis fulda", CONTRACT_COMPANY_CODE },
    { CONTRACT_COMPANY, CONTRACT_ODD_COMPANY_CODE },
    { "Landkreis", CONTRACT_COMPANY_CODE },
    { CONTRACT_COMPANY " ", CONTRACT_COMPANY_CODE },
    { CONTRACT_COMPANY, "" },
    { "", CONTRACT_COMPANY_CODE },
    { "Landkreis%", "F_" },
    { CONTRACT_ODD_COMPANY, "S__" },
    { "Kreis \"Sud\" & O'Hara 100%_", CONTRACT_ODD_COMPANY_CODE },
    { "Kreis Nirgendwo", "ND" },
  };
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    GatewayCompany company = find(contract, wrong[i].name, wrong[i].code);
    g_assert_cmpint(company.id, ==, 0);
    g_assert_cmpint(company.category, ==, 0);
  }
}

static void
several_keep_their_places(Contract *contract) {
  g_autoptr(GError) error = NULL;
  GatewayCompany companies[] = { { .name = CONTRACT_ODD_COMPANY,
                                   .code = CONTRACT_ODD_COMPANY_CODE },
                                 { .name = "nobody", .code = "X" },
                                 { .name = CONTRACT_COMPANY, .code = CONTRACT_COMPANY_CODE },
                                 { .name = CONTRACT_COMPANY, .code = CONTRACT_COMPANY_CODE } };
  g_assert_true(contract->call->find_companies(contract->gateway, companies, 4, &error));
  g_assert_cmpint(companies[0].id, >, 0);
  g_assert_cmpint(companies[0].id, !=, contract->company);
  g_assert_cmpint(companies[1].id, ==, 0);
  g_assert_cmpint(companies[2].id, ==, contract->company);
  g_assert_cmpint(companies[3].id, ==, contract->company);
}

static void
without_category(Contract *contract) {
  /* Some look for it by the company's name. */
  contract_exec(contract,
                "UPDATE mdl_course_categories SET name = 'renamed' WHERE id = %" G_GINT64_FORMAT,
                contract->category);
  contract_exec(contract, "UPDATE mdl_company SET category = 0 WHERE id = %" G_GINT64_FORMAT,
                contract->company);
  GatewayCompany company = find(contract, CONTRACT_COMPANY, CONTRACT_COMPANY_CODE);
  g_assert_cmpint(company.id, ==, contract->company);
  g_assert_cmpint(company.category, ==, 0);
}

/* Of a company that there is; what is configured stays, whatever Moodle has. */
static void
configured_category(Contract *contract) {
  g_autoptr(GError) error = NULL;
  GatewayCompany companies[] = {
    { .name = CONTRACT_COMPANY, .code = CONTRACT_COMPANY_CODE, .category = 4711 },
    { .name = "nobody", .code = "X", .category = 4711 },
    { .name = CONTRACT_ODD_COMPANY, .code = CONTRACT_ODD_COMPANY_CODE },
  };
  g_assert_true(contract->call->find_companies(contract->gateway, companies, 3, &error));
  g_assert_cmpint(companies[0].id, ==, contract->company);
  g_assert_cmpint(companies[0].category, ==, 4711);
  g_assert_cmpint(companies[1].id, ==, 0);
  g_assert_cmpint(companies[1].category, ==, 0);
  g_assert_cmpint(companies[2].category, >, 0);
  g_assert_cmpint(companies[2].category, !=, 4711);
}

/* ── linking ── */

static gint64
count_links(Contract *contract) {
  return contract_look(contract, "SELECT count(*) FROM mdl_company_course");
}

static void
links_once(Contract *contract) {
  gint64 course = contract_course(contract, "FD-F-I-26");
  g_assert_cmpint(count_links(contract), ==, 0);
  for (guint again = 0; again < 2; again++) {
    g_autoptr(GError) error = NULL;
    GatewayOutcome outcome = { 0 };
    g_assert_true(contract->call->link_courses(contract->gateway, &course, &contract->company, 1,
                                               &outcome, &error));
    contract_check(&outcome, again ? GATEWAY_ALREADY : GATEWAY_DONE);
  }
  contract_assert_text(contract, "1", "SELECT count(*) FROM mdl_company_course");
  g_assert_cmpint(contract_look(contract,
                                "SELECT courseid FROM mdl_company_course WHERE departmentid = 0"
                                " AND companyid = %" G_GINT64_FORMAT,
                                contract->company),
                  ==, course);
}

static void
links_of_a_mixed_batch(Contract *contract) {
  gint64 odd = find(contract, CONTRACT_ODD_COMPANY, CONTRACT_ODD_COMPANY_CODE).id;
  gint64 a = contract_course(contract, "A"), b = contract_course(contract, "B");
  const gint64 courses[] = { a, 99999, a, 1, a, b };
  const gint64 companies[] = {
    contract->company, contract->company, 99999, contract->company, odd, odd
  };
  static const GatewayCode expected[] = { GATEWAY_DONE,    GATEWAY_MISSING, GATEWAY_MISSING,
                                          GATEWAY_MISSING, GATEWAY_DONE,    GATEWAY_DONE };
  GatewayOutcome outcomes[6] = { 0 };
  g_autoptr(GError) error = NULL;
  g_assert_true(
      contract->call->link_courses(contract->gateway, courses, companies, 6, outcomes, &error));
  for (guint i = 0; i < 6; i++)
    contract_check(&outcomes[i], expected[i]);
  gateway_outcomes_clear(outcomes, 6);
  g_assert_cmpint(count_links(contract), ==, 3);
}

void
contract_companies_add(const GatewayHarness *harness) {
  contract_add(harness, "companies/found-by-name-and-code", found_by_name_and_code);
  contract_add(harness, "companies/odd-characters", odd_characters);
  contract_add(harness, "companies/both-must-be-exact", both_must_be_exact);
  contract_add(harness, "companies/several-keep-their-places", several_keep_their_places);
  contract_add(harness, "companies/without-category", without_category);
  contract_add(harness, "companies/configured-category", configured_category);
  contract_add(harness, "companies/links-once", links_once);
  contract_add(harness, "companies/links-of-a-mixed-batch", links_of_a_mixed_batch);
}
