/* config: every class of error, with file, line and remedy (SPEC 7).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-fixture.h"

#include <sys/stat.h>

#include "base/text.h"

/* Each class of error: code, file, message with line and remedy. */
static const struct {
  ConfigError code;
  const char *text;
  const char *message;
} errors[] = {
  { CONFIG_ERROR_FILE, "[zms]\n\nnonsense\n",
    "lehrgaenge.conf:3: this is neither key=value nor [group] nor a comment; comments begin with "
    "'#'" },
  { CONFIG_ERROR_FILE, "[zms]\n=5\n",
    "lehrgaenge.conf:2: this is neither key=value nor [group] nor a comment; comments begin with "
    "'#'" },
  { CONFIG_ERROR_FILE, "[zms] # x\ntimeout=x\n",
    "lehrgaenge.conf:1: this is not a group; write its name in brackets, alone on the line, for "
    "example [zms]" },
  { CONFIG_ERROR_FILE, "[courses]\nF[de]=x\n",
    "lehrgaenge.conf:2: a key cannot hold '[', ']' or control characters; write key=value" },
  { CONFIG_ERROR_FILE, "[zms]\n# \xfc\n",
    "lehrgaenge.conf:2: is not UTF-8 text; save the file as UTF-8" },
  { CONFIG_ERROR_KEY, "timeout=3\n",
    "lehrgaenge.conf:1: key timeout stands before the first group; write the group it belongs to "
    "above it, for example [zms]" },
  { CONFIG_ERROR_KEY, "[zms]\ntimeout=3\n[guard]\n[zms]\nconnections=no\n",
    "lehrgaenge.conf:4: group [zms] is given twice, first on line 1; put its keys together" },
  { CONFIG_ERROR_KEY, "[zms]\ntimeout=3\n\ntimeout=4\n",
    "lehrgaenge.conf:4: [zms] timeout is given twice, first on line 2; remove one of them" },
  { CONFIG_ERROR_KEY, "[zms]\nconections=3\n",
    "lehrgaenge.conf:2: [zms] conections is not a known key; did you mean connections?" },
  { CONFIG_ERROR_KEY, "[guard]\nMAX-REMOVALS-FLOOR=3\n",
    "lehrgaenge.conf:2: [guard] MAX-REMOVALS-FLOOR is not a known key; did you mean "
    "max-removals-floor?" },
  { CONFIG_ERROR_KEY, "[moodle]\nTokenFile=3\n",
    "lehrgaenge.conf:2: [moodle] TokenFile is not a known key; did you mean token-file?" },
  { CONFIG_ERROR_KEY, "[zms]\nstudent-role=3\n",
    "lehrgaenge.conf:2: [zms] student-role is not a known key; it belongs into [moodle]" },
  { CONFIG_ERROR_KEY, "[zms]\nwombat=3\n",
    "lehrgaenge.conf:2: [zms] wombat is not a known key; remove it, or look its name up in "
    "docs/CONFIGURATION.md" },
  { CONFIG_ERROR_KEY, "[zms]\nEncoding=latin1\n",
    "lehrgaenge.conf:2: [zms] Encoding is not a known key; remove it, or look its name up in "
    "docs/CONFIGURATION.md" },
  { CONFIG_ERROR_KEY, "[moodel]\nwombat=3\n",
    "lehrgaenge.conf:1: [moodel] is not a known group; did you mean [moodle]?" },
  { CONFIG_ERROR_KEY, "[Tenant FD]\n",
    "lehrgaenge.conf:1: [Tenant FD] is not a known group; write [tenant ABBREVIATION], for example "
    "[tenant FD]" },
  { CONFIG_ERROR_VALUE, "[zms]\ntimeout=abc\n",
    "lehrgaenge.conf:2: [zms] timeout=abc is not a whole number from 1 to 600; write the seconds a "
    "request may take, for example 30" },
  { CONFIG_ERROR_VALUE, "[zms]\ntimeout=601\n",
    "lehrgaenge.conf:2: [zms] timeout=601 is not a whole number from 1 to 600; write the seconds a "
    "request may take, for example 30" },
  { CONFIG_ERROR_VALUE, "[zms]\nconnections=\n",
    "lehrgaenge.conf:2: [zms] connections is empty; write how many requests may be under way at "
    "once, or remove the line to get 8" },
  { CONFIG_ERROR_VALUE, "[central]\nort-prefix=\n",
    "lehrgaenge.conf:2: [central] ort-prefix is empty; write how the place of a central Lehrgang "
    "begins, or remove the line to get HLFS" },
  { CONFIG_ERROR_VALUE, "[central]\nname=a\tb\n",
    "lehrgaenge.conf:2: [central] name is longer than 4096 bytes or holds control characters (a "
    "tab?); write it as one line of plain text" },
  { CONFIG_ERROR_VALUE, "[moodle]\nbackend=Embedded\n",
    "lehrgaenge.conf:2: [moodle] backend=Embedded is not known; write embedded or webservice" },
  { CONFIG_ERROR_VALUE, "[sync]\nremoval=delete\n",
    "lehrgaenge.conf:2: [sync] removal=delete is not known; write unenrol or suspend" },
  { CONFIG_ERROR_VALUE, "[users]\nauth=my auth\n",
    "lehrgaenge.conf:2: [users] auth=my auth holds more than a–z, 0–9 and '_'; write a name as "
    "Moodle has it, for example manual" },
  { CONFIG_ERROR_VALUE, "[users]\npassword=Geheim1#\n",
    "lehrgaenge.conf:2: [users] password is a template without {username}, so everyone would have "
    "the same password; write none, mail, or a template that holds {username}" },
  { CONFIG_ERROR_VALUE, "[schedule]\nsync=0 3 * *\n",
    "lehrgaenge.conf:2: [schedule] sync=0 3 * * has 4 fields, not five; write minute, hour, day of "
    "month, month "
    "and weekday, for example 0 3 * * 0 (Sundays at 03:00)" },
  { CONFIG_ERROR_VALUE, "[schedule]\nsync=0 24 * * 0\n",
    "lehrgaenge.conf:2: [schedule] sync=0 24 * * 0 has 24 as its hour; write a number from 0 to "
    "23" },
  { CONFIG_ERROR_VALUE, "[schedule]\nsync=@reboot\n",
    "lehrgaenge.conf:2: [schedule] sync=@reboot is not known; write @hourly, @daily, @weekly, "
    "@monthly, @yearly, "
    "or five fields such as 0 3 * * 0 (Sundays at 03:00)" },
  { CONFIG_ERROR_VALUE, "[schedule]\nsync=0 0 31 2 *\n",
    "lehrgaenge.conf:2: [schedule] sync=0 0 31 2 * is never due, because none of its months has "
    "such a day; "
    "write a day of month that they have" },
  { CONFIG_ERROR_VALUE, "[tasks]\nworkers=17\n",
    "lehrgaenge.conf:2: [tasks] workers=17 is not a whole number from 1 to 16; write how many "
    "content copies may "
    "be under way at once, for example 2" },
  { CONFIG_ERROR_VALUE, "[tasks]\nmax-attempts=0\n",
    "lehrgaenge.conf:2: [tasks] max-attempts=0 is not a whole number from 1 to 100; write how "
    "often a background "
    "task is tried before it rests as failed, for example 10" },
  { CONFIG_ERROR_VALUE, "[notify]\nsmtp=smtp://mail.example.org\n",
    "lehrgaenge.conf:2: [notify] smtp needs an address that mails are sent from; write from=… "
    "there, for example "
    "from=lehrgaenge@example.org" },
  { CONFIG_ERROR_VALUE, "[notify]\nfrom=a@example.org\noperator=b@example.org\n",
    "lehrgaenge.conf:3: [notify] operator cannot be told of anything without a mail server; write "
    "smtp=smtp://… there, or remove it" },
  { CONFIG_ERROR_VALUE, "[notify]\nsmtp=smtp://m\nfrom=a@example.org\nuser=x\n",
    "lehrgaenge.conf:4: [notify] user is given without its password; write password-file=… too, or "
    "remove it" },
  { CONFIG_ERROR_VALUE, "[notify]\nsmtp=smtp://m\nfrom=a@example.org\npassword=hush\n",
    "lehrgaenge.conf:4: [notify] password is given without the user it belongs to; write user=… "
    "too, or remove it" },
  { CONFIG_ERROR_VALUE,
    "[notify]\nsmtp=smtp://m\nfrom=a@example.org\nuser=\npassword-file=lehrgaenge.conf\n",
    "lehrgaenge.conf:5: [notify] password-file is given without the user it belongs to; write "
    "user=… too, or "
    "remove it" },
  { CONFIG_ERROR_VALUE,
    "[notify]\nsmtp=smtp://"
    "mail.example.org\nfrom=a@example.org\nuser=x\npassword=hush\nstarttls=no\n",
    "lehrgaenge.conf:6: [notify] starttls=no would send the password unencrypted; write required, "
    "or an "
    "smtps:// address (no is allowed to 127.0.0.1, [::1] and localhost only)" },
  { CONFIG_ERROR_VALUE, "[notify]\nsmtp=smtp://m\nfrom=a@example.org\nstarttls=yes\n",
    "lehrgaenge.conf:4: [notify] starttls=yes is not known; write required or if-offered or no" },
  { CONFIG_ERROR_VALUE, "[notify]\nlanguage=fr\n",
    "lehrgaenge.conf:2: [notify] language=fr is not known; write de or en" },
  { CONFIG_ERROR_VALUE, "[notify]\nmoodle-message=1\n",
    "lehrgaenge.conf:2: [notify] moodle-message=1 is not known; write no or yes" },
  { CONFIG_ERROR_CERTIFICATE, "[notify]\nca-file=m.pem\n",
    "lehrgaenge.conf:2: [notify] ca-file: {D}/m.pem cannot be read (No such file or directory); "
    "put the PEM file there and let this user read it, or correct the name (relative names begin "
    "in {D})" },
  { CONFIG_ERROR_VALUE, "[notify]\nfrom=the service\n",
    "lehrgaenge.conf:2: [notify] from is not an e-mail address; write one, such as "
    "lehrgaenge@example.org" },
  { CONFIG_ERROR_VALUE, "[notify]\nsmtp=smtp://m\nfrom=a@example.org\noperator=root\n",
    "lehrgaenge.conf:4: [notify] operator is not an e-mail address; write one, such as "
    "lehrgaenge@example.org" },
  { CONFIG_ERROR_VALUE, "[monitor]\nlisten=\n",
    "lehrgaenge.conf:2: [monitor] listen is empty; write where state and figures can be asked for, "
    "or "
    "remove the line to get 127.0.0.1:9464" },
  { CONFIG_ERROR_VALUE, "[moodle]\ntimezone=Europe/Fulda\n",
    "lehrgaenge.conf:2: [moodle] timezone=Europe/Fulda is no time zone this system knows; write a "
    "name such as Europe/Berlin (and see that the package tzdata is installed)" },
  { CONFIG_ERROR_VALUE, "[moodle]\nbackend=webservice\ntoken=abcd\n",
    "lehrgaenge.conf:2: [moodle] backend=webservice needs the site's address; write url=https://… "
    "there" },
  { CONFIG_ERROR_VALUE, "[moodle]\nurl=https://m.example.org\nbackend=webservice\ntoken=\n",
    "lehrgaenge.conf:3: [moodle] backend=webservice needs a token; write token-file=… there, with "
    "the token as first line of that file (or token=…, in a file only its owner can read)" },
  { CONFIG_ERROR_VALUE, "[moodle]\nbackend=webservice\n",
    "lehrgaenge.conf:2: [moodle] backend=webservice needs the site's address; write url=https://… "
    "there\n"
    "{D}/lehrgaenge.conf:2: [moodle] backend=webservice needs a token; write token-file=… there, "
    "with the token as first line of that file (or token=…, in a file only its owner can read)" },
  { CONFIG_ERROR_VALUE, "[moodle]\nbackend=webservice\nurl=http://m.example.org\ntoken=abcd\n",
    "lehrgaenge.conf:3: [moodle] url would send secrets unencrypted; write https:// (http:// is "
    "allowed to 127.0.0.1, [::1] and localhost only)" },
  { CONFIG_ERROR_VALUE, "[moodle]\ntimeout=3601\n",
    "lehrgaenge.conf:2: [moodle] timeout=3601 is not a whole number from 1 to 3600; write the "
    "seconds a request may take, for example 120" },
  { CONFIG_ERROR_VALUE, "[moodle]\ncopy-timeout=0\n",
    "lehrgaenge.conf:2: [moodle] copy-timeout=0 is not a whole number from 1 to 86400; write the "
    "seconds the copy of one course's content may take, for example 900" },
  { CONFIG_ERROR_VALUE, "[moodle]\nattempts=11\n",
    "lehrgaenge.conf:2: [moodle] attempts=11 is not a whole number from 1 to 10; write how often a "
    "request is tried in all, for example 4" },
  { CONFIG_ERROR_VALUE, "[moodle]\nmax-body-mib=0\n",
    "lehrgaenge.conf:2: [moodle] max-body-mib=0 is not a whole number from 1 to 1024; write the "
    "MiB one answer may hold at most, for example 64" },
  { CONFIG_ERROR_VALUE, "[moodle]\nshared-emails=true\n",
    "lehrgaenge.conf:2: [moodle] shared-emails=true is not known; write no or yes" },
  { CONFIG_ERROR_CERTIFICATE, "[moodle]\nca-file=m.pem\n",
    "lehrgaenge.conf:2: [moodle] ca-file: {D}/m.pem cannot be read (No such file or directory); "
    "put the PEM file there and let this user read it, or correct the name (relative names begin "
    "in {D})" },
  { CONFIG_ERROR_VALUE, "[tenant FD]\nname=F\ncategory=Fulda\n",
    "lehrgaenge.conf:3: [tenant FD] category=Fulda is not a whole number from 0 to 2147483647; "
    "write the id of its company's course category, or 0 to have it found by name, for example "
    "0" },
  { CONFIG_ERROR_VALUE, "[store]\npath=moodle.db\n",
    "lehrgaenge.conf:2: [store] path and [moodle] path are the same file; give each a file of its "
    "own" },
  { CONFIG_ERROR_VALUE, "[store]\nurl=mysql://u:pw1234@h/x\n",
    "lehrgaenge.conf:2: [store] url is not the address of a PostgreSQL database; write "
    "postgresql://HOST/NAME, or leave it out to use a file" },
  { CONFIG_ERROR_VALUE, "[courses]\nF-I=\n",
    "lehrgaenge.conf:2: [courses] F-I has no course name; write F-I=NAME, or remove the line" },
  { CONFIG_ERROR_VALUE, "[status]\nFEHLT=abwesend\n",
    "lehrgaenge.conf:2: [status] FEHLT=abwesend is not understood; write the first word of the "
    "status (no '_' in it) and one of angemeldet, bestanden, abgemeldet, noop, for example "
    "EINBERUFEN=angemeldet" },
  { CONFIG_ERROR_KEY, "[status]\nFEHLT=abgemeldet\nFehlt=noop\n",
    "lehrgaenge.conf:3: [status] Fehlt is the same word as FEHLT on line 2; remove one of them" },
  { CONFIG_ERROR_CERTIFICATE, "[zms]\nca-file=ca.pem\n",
    "lehrgaenge.conf:2: [zms] ca-file: {D}/ca.pem cannot be read (No such file or directory); put "
    "the PEM file there and let this user read it, or correct the name (relative names begin in "
    "{D})" },
  { CONFIG_ERROR_CERTIFICATE, "[zms]\nkey=.\ncertificate=lehrgaenge.conf\n",
    "lehrgaenge.conf:2: [zms] key: {D} cannot be read (not a regular file); put the PEM file there "
    "and let this user read it, or correct the name (relative names begin in {D})" },
  { CONFIG_ERROR_CERTIFICATE, "[zms]\ncertificate=lehrgaenge.conf\n",
    "lehrgaenge.conf:2: [zms] certificate is given without its key; give both, or neither" },
  { CONFIG_ERROR_CERTIFICATE, "[tenant FD]\nname=F\nkey=lehrgaenge.conf\n",
    "lehrgaenge.conf:3: [tenant FD] key is given without its certificate; give both, or neither" },
  { CONFIG_ERROR_TENANT, "[tenant FD]\n\n[tenant  FD]\nname=F\n",
    "lehrgaenge.conf:1: [tenant FD] has no name; write name=… as its company in Moodle has it\n"
    "{D}/lehrgaenge.conf:3: tenant FD is given twice, first on line 1; put its keys together" },
  { CONFIG_ERROR_TENANT, "[tenant A/B]\nname=F\n",
    "lehrgaenge.conf:1: a tenant's abbreviation is empty or holds '/' or control characters; write "
    "it as its company in Moodle has it, for example FD" },
  { CONFIG_ERROR_TENANT, "[tenants]\nfile=list.tsv\n",
    "lehrgaenge.conf:2: [tenants] file: {D}/list.tsv cannot be read: No such file or directory; "
    "correct the name or put the list of tenants there" },
  { CONFIG_ERROR_SECRET, "[tenants]\nkeys-dir=keys\n",
    "lehrgaenge.conf:2: [tenants] keys-dir: {D}/keys is not a folder; make it, with one file for "
    "each tenant's apikey" },
  { CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=t\n",
    "lehrgaenge.conf:2: [moodle] token-file: {D}/t cannot be read: No such file or directory; it "
    "must be a text file this user can read, with the secret as its first line" },
};

static void
test_errors(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(errors); i++)
    refuses(f, (gint)errors[i].code, errors[i].text, errors[i].message);
}

static void
test_no_file(Fixture *f, gconstpointer data) {
  (void)data;
  g_autofree char *missing = load_error(f, CONFIG_ERROR_FILE);
  assert_has(missing, "lehrgaenge.conf: cannot be read: No such file or directory; name a "
                      "configuration file that can be read (--config FILE)");
  g_assert_cmpint(g_mkdir(f->conf, 0700), ==, 0);
  g_autofree char *folder = load_error(f, CONFIG_ERROR_FILE);
  assert_has(folder, "is not a regular file");
  g_assert_cmpint(g_rmdir(f->conf), ==, 0);
  /* Must not wait for somebody to write into it. */
  g_assert_cmpint(mkfifo(f->conf, 0600), ==, 0);
  g_autofree char *fifo = load_error(f, CONFIG_ERROR_FILE);
  assert_has(fifo, "is not a regular file");
  g_assert_cmpint(g_remove(f->conf), ==, 0);
  g_autofree char *large = g_strnfill(1024 * 1024 + 1, '#');
  put(f, "lehrgaenge.conf", large, 0600);
  g_autofree char *too_large = load_error(f, CONFIG_ERROR_FILE);
  assert_has(too_large, "is larger than 1048576 bytes");
}

/* All at once, by line, and not without end. */
static void
test_many_errors(Fixture *f, gconstpointer data) {
  (void)data;
  refuses(f, CONFIG_ERROR_KEY, "[store]\nfoo=1\n[zms]\ntimeout=0\nbar\n",
          "lehrgaenge.conf:2: [store] foo is not a known key; remove it, or look its name up in "
          "docs/CONFIGURATION.md\n"
          "{D}/lehrgaenge.conf:4: [zms] timeout=0 is not a whole number from 1 to 600; write the "
          "seconds a request may take, for example 30\n"
          "{D}/lehrgaenge.conf:5: this is neither key=value nor [group] nor a comment; comments "
          "begin with '#'");
  g_autoptr(GString) text = g_string_new("[zms]\n");
  for (guint i = 0; i < 60; i++)
    g_string_append_printf(text, "wombat%u=1\n", i);
  put(f, "lehrgaenge.conf", text->str, 0600);
  g_autofree char *message = load_error(f, CONFIG_ERROR_KEY);
  g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 51);
  g_assert_cmpstr(lines[50], ==, "and 10 more; correct these first");
}

static void
test_secret_files(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "s", "\xef\xbb\xbf  secretword1 \r\nsecond line\n", 0600);
  g_autoptr(Config) config = load(f, "[moodle]\ntoken-file=s\ntoken=\n");
  g_assert_cmpstr(config->moodle.token, ==, "secretword1");

  refuses(f, CONFIG_ERROR_VALUE, "[moodle]\ntoken=abcd\ntoken-file=s\n",
          "lehrgaenge.conf:3: [moodle] token-file and token are both given; remove one of them");
  put(f, "s", "secretword1\n", 0640);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=s\n",
          "lehrgaenge.conf:2: [moodle] token-file: {D}/s can be read by others (mode 0640); run "
          "chmod 600 {D}/s");
  put(f, "s", "\n", 0600);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=s\n",
          "lehrgaenge.conf:2: [moodle] token-file: the first line of {D}/s is empty; write the "
          "secret there, or remove this line");
  put(f, "s", "secret\x01word\n", 0600);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=s\n",
          "lehrgaenge.conf:2: [moodle] token-file: {D}/s holds control characters in its first "
          "line; write the secret alone there");
  g_autofree char *long_text = g_strnfill(4097, 'x');
  put(f, "s", long_text, 0600);
  refuses(f, CONFIG_ERROR_SECRET, "[moodle]\ntoken-file=s\n",
          "lehrgaenge.conf:2: [moodle] token-file: {D}/s is larger than 4096 bytes; it must be a "
          "text file this user can read, with the secret as its first line");
}

/* A file with a secret in it is a secret; without one it may be read by all. */
static void
test_exposed_file(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "lehrgaenge.conf", "[moodle]\ntoken=\n[tenant FD]\nname=F\n[store]\nurl=postgresql:///l\n",
      0644);
  g_autoptr(Config) config = config_load(f->conf, NULL);
  g_assert_nonnull(config);
  g_assert_cmpstr(config->store.url, ==, "postgresql:///l");

  put(f, "lehrgaenge.conf",
      "[moodle]\ntoken=inlinetoken\n[tenant FD]\nname=F\napikey=inlineapikey\n", 0604);
  g_autofree char *message = load_error(f, CONFIG_ERROR_SECRET);
  g_autofree char *expected =
      g_strdup_printf("%s:2: [moodle] token is a secret in a file that others can read (mode "
                      "0604); run chmod 600 %s, or give the secret as token-file",
                      f->conf, f->conf);
  g_assert_cmpstr(message, ==, expected);

  const char *const urls[] = { "postgres://u:db%20pass123@a:1,b:2/l",
                               "postgresql://h/l?user=u&password=db%20pass123" };
  for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
    g_autofree char *text = g_strdup_printf("[store]\nurl=%s\n", urls[i]);
    put(f, "lehrgaenge.conf", text, 0640);
    g_autofree char *refused = load_error(f, CONFIG_ERROR_SECRET);
    assert_has(refused, ":2: [store] url is a secret in a file that others can read (mode 0640)");
    g_autofree char *redacted = text_redact("db%20pass123, db pass123");
    g_assert_cmpstr(redacted, ==, "***, ***");
  }
}

/* A wrong value of a key that may hold a secret is not repeated, nor is a line that is not
 * understood. */
static void
test_errors_hold_no_secret(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "lehrgaenge.conf",
      "hush01\n[zms]\nhush02\napikey=hush03\nbaseurl=https://u:hush04@h/\n[moodle]\n"
      "token=hush05\ntoken=hush06\n[users]\npassword=hush07\n[store]\nurl=mysql://u:hush08@h/\n"
      "[wombat]\nx=hush09\n[tenant FD]\napikey=hush\t10\n",
      0644);
  g_autofree char *message = load_error(f, CONFIG_ERROR_FILE);
  g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 11);
  g_assert_null(strstr(message, "hush"));
}

static const char *const good_urls[] = {
  "https://h",
  "HTTPS://h.example.org/rest/",
  "https://h:8443/a%20b",
  "https://[2001:db8::1]/x",
  /* and with a warning */
  "http://127.0.0.1:8080/x",
  "http://127.255.1.2",
  "http://[::1]:1/",
  "http://LocalHost/x",
};

static const struct {
  const char *url, *why;
} bad_urls[] = {
  { "http://example.org/", "would send secrets unencrypted; write https://" },
  { "http://127.0.0.1.example.org/", "would send secrets unencrypted" },
  { "http://localhost.example.org/", "would send secrets unencrypted" },
  { "http://128.0.0.1/", "would send secrets unencrypted" },
  { "http://[::2]/", "would send secrets unencrypted" },
  { "https://user@h/", "holds a user name or password; write the address without them" },
  { "https://user:pw@h/", "holds a user name or password; write the address without them" },
  { "https://h/?a=b", "holds a query or fragment; write the address only up to the '?' or '#'" },
  { "https://h/moodle/login/index.php", "is the address of a single page" },
  { "https://h/x?", "holds a query or fragment" },
  { "https://h/#top", "holds a query or fragment" },
  { "ftp://h/", "is not an https address; write https://HOST/PATH" },
  { "h.example.org/rest", "is not a web address; write https://HOST/PATH" },
  { "https:///x", "names no host; write https://HOST/PATH" },
  { "https:/h/x", "names no host; write https://HOST/PATH" },
  { "https://h/a b", "is not a web address; write https://HOST/PATH" },
};

static void
test_urls(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(good_urls); i++) {
    g_autofree char *text =
        g_strdup_printf("[zms]\nbaseurl=%s\n[tenant FD]\nname=F\n", good_urls[i]);
    g_autoptr(Config) config = load(f, text);
    g_assert_cmpstr(config->zms.baseurl, ==, good_urls[i]);
    g_assert_cmpuint(config->warnings->len, ==, i < 4 ? 0 : 1);
    if (i >= 4)
      assert_warning(config, 0, "lehrgaenge.conf:2: [zms] baseurl is an http address");
  }
  for (guint i = 0; i < G_N_ELEMENTS(bad_urls); i++) {
    g_autofree char *text = g_strdup_printf("[moodle]\nurl=%s\n", bad_urls[i].url);
    put(f, "lehrgaenge.conf", text, 0600);
    g_autofree char *message = load_error(f, CONFIG_ERROR_VALUE);
    g_autofree char *part = g_strdup_printf("lehrgaenge.conf:2: [moodle] url %s", bad_urls[i].why);
    assert_has(message, part);
  }
}

static const struct {
  const char *url, *why; /* NULL: good */
} mail_urls[] = {
  { "smtp://mail.example.org", NULL },
  { "smtp://mail.example.org/", NULL },
  { "SMTP://mail.example.org:25", NULL },
  { "smtps://mail.example.org:465", NULL },
  { "smtp://[2001:db8::1]:587", NULL },
  { "smtp://127.0.0.1:2525", NULL },
  { "mail.example.org", "is not the address of a mail server; write smtp://mail.example.org:587" },
  { "mail.example.org:25", "is not the address of a mail server" },
  { "https://mail.example.org", "is not the address of a mail server" },
  { "smtp://", "is not the address of a mail server" },
  { "smtp:///x", "is not the address of a mail server" },
  { "smtp:/mail.example.org", "is not the address of a mail server" },
  { "smtp://mail.example.org:0", "is not the address of a mail server" },
  { "smtp://mail.example.org:65536", "is not the address of a mail server" },
  { "smtp://mail.example.org:smtp", "is not the address of a mail server" },
  { "smtp://mail example.org", "is not the address of a mail server" },
  { "smtp://me@mail.example.org", "holds a user name or password; write the address without them" },
  { "smtp://me:hush@mail.example.org", "holds a user name or password" },
  { "smtp://mail.example.org/me", "holds more than host and port; write it only up to there" },
  { "smtp://mail.example.org?x=1", "holds more than host and port" },
  { "smtp://mail.example.org/#x", "holds more than host and port" },
};

static void
test_mail_urls(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(mail_urls); i++) {
    g_autofree char *text = g_strdup_printf(
        "[notify]\nsmtp=%s\nfrom=a@example.org\n[tenant FD]\nname=F\n", mail_urls[i].url);
    if (mail_urls[i].why == NULL) {
      g_autoptr(Config) config = load(f, text);
      g_assert_cmpstr(config->notify.smtp, ==, mail_urls[i].url);
      g_assert_cmpuint(config->warnings->len, ==, 0);
      continue;
    }
    put(f, "lehrgaenge.conf", text, 0600);
    g_autofree char *message = load_error(f, CONFIG_ERROR_VALUE);
    g_autofree char *part =
        g_strdup_printf("lehrgaenge.conf:2: [notify] smtp %s", mail_urls[i].why);
    assert_has(message, part);
    g_assert_null(strstr(message, "hush"));
  }
}

static const struct {
  const char *address;
  bool good;
} listens[] = {
  { "127.0.0.1:9464", true },
  { "0.0.0.0:1", true },
  { "[::1]:65535", true },
  { "[::]:9464", true },
  { "127.0.0.1:0", true },
  { "127.0.0.1", false },
  { "9464", false },
  { ":9464", false },
  { "localhost:9464", false },
  { "::1:9464", false },
  { "[::1]", false },
  { "[127.0.0.1]:9464", false },
  { "[]:9464", false },
  { "127.0.0.1:65536", false },
  { "127.0.0.1:-0", false },
  { "127.0.0.1:", false },
  { "127.0.0.1:9464 ok", false },
  { "127.0.0.256:9464", false },
  { "OFF", false },
  { "http://127.0.0.1:9464", false },
};

static void
test_listen(Fixture *f, gconstpointer data) {
  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS(listens); i++) {
    g_autofree char *text = g_strdup_printf("[monitor]\nlisten=%s\n", listens[i].address);
    if (listens[i].good) {
      g_autoptr(Config) config = load(f, text);
      g_assert_cmpstr(config->monitor.listen, ==, listens[i].address);
    } else {
      refuses(f, CONFIG_ERROR_VALUE, text,
              "lehrgaenge.conf:2: [monitor] listen is not a numeric address with a port; write "
              "127.0.0.1:9464, [::1]:9464, or off");
    }
  }
}

#define USE_LIST "[tenants]\nfile=list.tsv\nkeys-dir=.\n"

static void
test_tenant_errors(Fixture *f, gconstpointer data) {
  (void)data;
  put(f, "list.tsv", "Fulda FD\n\tFD\nFulda\t\nFulda\tFD\tx\nFulda\tF/D\n", 0644);
  refuses(f, CONFIG_ERROR_TENANT, USE_LIST,
          "list.tsv:1: this is not a tenant; write its name, one tab and its abbreviation\n"
          "{D}/list.tsv:2: this is not a tenant; write its name, one tab and its abbreviation\n"
          "{D}/list.tsv:3: a tenant's abbreviation is empty or holds '/' or control characters; "
          "write it as its company in Moodle has it, for example FD\n"
          "{D}/list.tsv:4: this is not a tenant; write its name, one tab and its abbreviation\n"
          "{D}/list.tsv:5: a tenant's abbreviation is empty or holds '/' or control characters; "
          "write it as its company in Moodle has it, for example FD");
  put(f, "list.tsv", "Fulda\tFD\nKassel\tKS\nFulda\tFD\n", 0644);
  refuses(f, CONFIG_ERROR_TENANT, USE_LIST,
          "list.tsv:3: tenant FD is listed twice; remove one of them");
  put(f, "list.tsv", "Fulda\tF-D\nFulda\tf_d\n", 0644);
  refuses(f, CONFIG_ERROR_TENANT, USE_LIST,
          "list.tsv:2: tenants F-D and f_d would share the file f_d in [tenants] keys-dir; give "
          "each its apikey-file in a group [tenant …] and leave keys-dir out");
  put(f, "list.tsv", "Fulda\tFD\n\xff\n", 0644);
  refuses(f, CONFIG_ERROR_TENANT, USE_LIST,
          "list.tsv:2: is not UTF-8 text; save the file as UTF-8");
  put(f, "list.tsv", "Fulda\tFD\n", 0644);
  put(f, "fd", "key-of-fd\n", 0644);
  refuses(f, CONFIG_ERROR_SECRET, USE_LIST,
          "lehrgaenge.conf:3: [tenants] keys-dir: {D}/fd can be read by others (mode 0644); run "
          "chmod 600 {D}/fd");
}

int
main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  const struct {
    const char *path;
    void (*run)(Fixture *f, gconstpointer data);
  } tests[] = {
    { "/config/errors", test_errors },
    { "/config/no-file", test_no_file },
    { "/config/many-errors", test_many_errors },
    { "/config/secret-files", test_secret_files },
    { "/config/exposed-file", test_exposed_file },
    { "/config/errors-hold-no-secret", test_errors_hold_no_secret },
    { "/config/urls", test_urls },
    { "/config/mail-urls", test_mail_urls },
    { "/config/listen", test_listen },
    { "/config/tenant-errors", test_tenant_errors },
  };
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run();
}
