/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/input.h"

#include <string.h>

#include "base/text.h"
#include "sync/login.h"

#define TEXT_BLOCK (32 * 1024)

Input *
input_new(void) {
  return g_new0(Input, 1);
}

static void
left_out_free(gpointer data) {
  InputLeftOut *item = data;
  g_free(item->lehrgang);
  g_free(item->where);
  g_free(item->id);
  g_free(item->why);
  g_free(item);
}

static void
lehrgang_clear(gpointer data) {
  InputLehrgang *lehrgang = data;
  g_free(lehrgang->error);
}

static void
tenant_free(gpointer data) {
  InputTenant *tenant = data;
  g_free(tenant->abbr);
  g_free(tenant->name);
  g_free(tenant->error);
  g_clear_pointer(&tenant->lehrgaenge, g_array_unref);
  g_clear_pointer(&tenant->teilnehmer, g_array_unref);
  g_clear_pointer(&tenant->ids, g_hash_table_unref);
  g_ptr_array_unref(tenant->left_out);
  g_hash_table_unref(tenant->unknown);
  g_string_chunk_free(tenant->texts);
  g_free(tenant);
}

void
input_free(Input *input) {
  if (input == NULL)
    return;
  g_clear_pointer(&input->lehrgaenge, g_array_unref);
  g_clear_pointer(&input->teilnehmer, g_array_unref);
  g_clear_pointer(&input->tenants, g_ptr_array_unref);
  g_free(input);
}

InputTenant *
input_add_tenant(Input *input, const char *abbr, const char *name, bool configured, bool selected) {
  if (input->tenants == NULL)
    input->tenants = g_ptr_array_new_with_free_func(tenant_free);
  InputTenant *tenant = g_new0(InputTenant, 1);
  tenant->abbr = g_strdup(abbr);
  tenant->name = g_strdup(name);
  tenant->configured = configured;
  tenant->selected = selected;
  tenant->lehrgaenge = g_array_new(FALSE, FALSE, sizeof(InputLehrgang));
  g_array_set_clear_func(tenant->lehrgaenge, lehrgang_clear);
  tenant->teilnehmer = g_array_new(FALSE, FALSE, sizeof(InputTeilnehmer));
  tenant->texts = g_string_chunk_new(TEXT_BLOCK);
  tenant->ids = g_hash_table_new(g_str_hash, g_str_equal);
  tenant->left_out = g_ptr_array_new_with_free_func(left_out_free);
  tenant->unknown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_ptr_array_add(input->tenants, tenant);
  return tenant;
}

static InputLehrgang *
own_lehrgang(InputTenant *tenant, guint index) {
  return &g_array_index(tenant->lehrgaenge, InputLehrgang, index);
}

guint
input_add_lehrgang(InputTenant *tenant, const Lehrgang *lehrgang) {
  if (g_hash_table_contains(tenant->ids, lehrgang->id)) {
    input_leave_out(tenant, G_MAXUINT, "id", lehrgang->id, "listed twice");
    return G_MAXUINT;
  }
  GStringChunk *texts = tenant->texts;
  InputLehrgang item = {
    .lehrgang = {
      .id = g_string_chunk_insert(texts, lehrgang->id),
      .kurzbezeichnung = g_string_chunk_insert_const(texts, lehrgang->kurzbezeichnung),
      .bezeichnung = g_string_chunk_insert_const(texts, lehrgang->bezeichnung),
      .ort = g_string_chunk_insert_const(texts, lehrgang->ort),
      .start_tag = g_string_chunk_insert_const(texts, lehrgang->start_tag),
      .end_tag = g_string_chunk_insert_const(texts, lehrgang->end_tag),
    },
  };
  g_hash_table_add(tenant->ids, (gpointer)item.lehrgang.id);
  g_array_append_val(tenant->lehrgaenge, item);
  return tenant->lehrgaenge->len - 1;
}

static void
count_unknown(InputTenant *tenant, const char *status) {
  autochar trimmed = text_trim(status);
  gpointer known;
  const char *text = trimmed;
  if (!g_hash_table_lookup_extended(tenant->unknown, text, NULL, &known)) {
    known = GUINT_TO_POINTER(0);
    if (g_hash_table_size(tenant->unknown) >= INPUT_MAX_UNKNOWN) {
      text = "(other)";
      known = g_hash_table_lookup(tenant->unknown, text);
    }
  }
  g_hash_table_replace(tenant->unknown, g_strdup(text),
                       GUINT_TO_POINTER(GPOINTER_TO_UINT(known) + 1));
}

/* Lays the fields in a row, which costs a third of what one allocation each would. */
static const char *
pack(GStringChunk *texts, const char *const fields[INPUT_FIELDS]) {
  char buffer[1024];
  gsize length = 0, lengths[INPUT_FIELDS];
  for (guint i = 0; i < INPUT_FIELDS; i++)
    length += lengths[i] = strlen(fields[i]) + 1;
  g_autofree char *large = length > sizeof buffer ? g_malloc(length) : NULL;
  char *packed = large != NULL ? large : buffer, *at = packed;
  for (guint i = 0; i < INPUT_FIELDS; i++)
    at = (char *)memcpy(at, fields[i], lengths[i]) + lengths[i];
  return g_string_chunk_insert_len(texts, packed, (gssize)length);
}

void
input_add_teilnehmer(InputTenant *tenant, guint lehrgang, const Teilnehmer *teilnehmer,
                     const StatusTable *status) {
  InputLehrgang *owner = own_lehrgang(tenant, lehrgang);
  if (owner->count == 0)
    owner->first = tenant->teilnehmer->len;
  g_assert(owner->first + owner->count == tenant->teilnehmer->len);

  autochar initial = text_trim(teilnehmer->initial_id);
  autochar login = login_clean(initial);
  autochar email = text_trim(teilnehmer->email);
  const char *fields[INPUT_FIELDS] = {
    [INPUT_ID] = teilnehmer->id,
    [INPUT_LOGIN] = login,
    [INPUT_VORNAME] = teilnehmer->vorname,
    [INPUT_NACHNAME] = teilnehmer->nachname,
    [INPUT_EMAIL] = email,
    [INPUT_ORT] = teilnehmer->ort,
  };
  bool known;
  InputTeilnehmer item = {
    .text = pack(tenant->texts, fields),
    .status = g_string_chunk_insert_const(tenant->texts, teilnehmer->status),
    .action = (guint8)status_resolve(status, teilnehmer->status, &known),
    .bad_login = *login == '\0' && !text_empty(initial),
  };
  if (!known)
    count_unknown(tenant, teilnehmer->status);
  g_array_append_val(tenant->teilnehmer, item);
  owner->count++;
}

void
input_leave_out(InputTenant *tenant, guint lehrgang, const char *where, const char *id,
                const char *why) {
  const char *owner = "";
  if (lehrgang != G_MAXUINT) {
    own_lehrgang(tenant, lehrgang)->left_out++;
    owner = own_lehrgang(tenant, lehrgang)->lehrgang.id;
  }
  tenant->left_out_count++;
  if (tenant->left_out->len >= INPUT_MAX_LEFT_OUT)
    return;
  InputLeftOut *item = g_new(InputLeftOut, 1);
  *item = (InputLeftOut){ g_strdup(owner), g_strdup(where), g_strdup(id), g_strdup(why) };
  g_ptr_array_add(tenant->left_out, item);
}

void
input_finish_lehrgang(InputTenant *tenant, guint lehrgang, const char *error) {
  InputLehrgang *item = own_lehrgang(tenant, lehrgang);
  item->finished = true;
  item->error = g_strdup(error);
}

void
input_fail_tenant(InputTenant *tenant, const char *error) {
  g_free(tenant->error);
  tenant->error = g_strdup(error);
  for (guint i = 0; i < tenant->lehrgaenge->len; i++)
    if (!own_lehrgang(tenant, i)->finished)
      input_finish_lehrgang(tenant, i, "not read, because the tenant failed");
}

/* As the answers arrived in any order, so did these. */
static gint
by_place(gconstpointer a, gconstpointer b) {
  const InputLeftOut *x = *(InputLeftOut *const *)a, *y = *(InputLeftOut *const *)b;
  gint order = strcmp(x->lehrgang, y->lehrgang);
  return order != 0 ? order : strcmp(x->where, y->where);
}

static void
seal_tenant(Input *input, InputTenant *tenant, guint index) {
  g_ptr_array_sort(tenant->left_out, by_place);
  tenant->first_lehrgang = input->lehrgaenge->len;
  tenant->lehrgang_count = tenant->lehrgaenge->len;
  for (guint i = 0; i < tenant->lehrgaenge->len; i++) {
    InputLehrgang *lehrgang = own_lehrgang(tenant, i);
    guint first = input->teilnehmer->len;
    /* What a failed answer left behind is not a list; using half of one would be guessing. */
    if (lehrgang->error != NULL)
      lehrgang->count = 0;
    if (lehrgang->count > 0)
      g_array_append_vals(input->teilnehmer,
                          &g_array_index(tenant->teilnehmer, InputTeilnehmer, lehrgang->first),
                          lehrgang->count);
    lehrgang->first = first;
    lehrgang->tenant = index;
    g_array_append_val(input->lehrgaenge, *lehrgang);
    lehrgang->error = NULL; /* moved */
  }
  g_clear_pointer(&tenant->lehrgaenge, g_array_unref);
  g_clear_pointer(&tenant->teilnehmer, g_array_unref);
  g_clear_pointer(&tenant->ids, g_hash_table_unref);
}

void
input_seal(Input *input) {
  guint lehrgaenge = 0, teilnehmer = 0;
  for (guint i = 0; input->tenants != NULL && i < input->tenants->len; i++) {
    lehrgaenge += input_tenant(input, i)->lehrgaenge->len;
    teilnehmer += input_tenant(input, i)->teilnehmer->len;
  }
  input->lehrgaenge = g_array_sized_new(FALSE, FALSE, sizeof(InputLehrgang), lehrgaenge);
  g_array_set_clear_func(input->lehrgaenge, lehrgang_clear);
  input->teilnehmer = g_array_sized_new(FALSE, FALSE, sizeof(InputTeilnehmer), teilnehmer);
  for (guint i = 0; input->tenants != NULL && i < input->tenants->len; i++)
    seal_tenant(input, input_tenant(input, i), i);
}

const char *
input_field(const InputTeilnehmer *teilnehmer, InputField field) {
  const char *text = teilnehmer->text;
  for (guint i = 0; i < field; i++)
    text += strlen(text) + 1;
  return text;
}

guint
input_lehrgang_of(const Input *input, guint teilnehmer) {
  /* Lehrgänge without Teilnehmer share their `first` with the next one: the last that starts there
   * or before is it. */
  guint low = 0, high = input->lehrgaenge->len;
  while (high - low > 1) {
    guint middle = low + (high - low) / 2;
    if (input_lehrgang(input, middle)->first <= teilnehmer)
      low = middle;
    else
      high = middle;
  }
  return low;
}
