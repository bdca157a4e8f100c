#!/usr/bin/env python3
# Sets the stage for the README's pictures: runs that were made within a minute become those of many Sundays, one after the
# other, with the time that each took on a real site, and of two background tasks one has failed and one waits.
#
#   stage.py STORE
#
# SPDX-License-Identifier: GPL-3.0-or-later
import datetime
import sqlite3
import sys
import zoneinfo

T = 'local_lehrgaengeapi_'
WEEK = 7 * 24 * 3600
# Seconds, by run; what is not unusual about a run takes about as long as ever.
TOOK = [2310, 415, 402, 433, 610, 398, 388, 421, 1260, 405, 412, 396, 440, 407]

store = sqlite3.connect(sys.argv[1])
runs = [row[0] for row in store.execute(f'SELECT id FROM {T}import_run ORDER BY id')]
zone = zoneinfo.ZoneInfo('Europe/Berlin')
today = datetime.datetime.now(zone).replace(hour=3, minute=0, second=0, microsecond=0)
sunday = today - datetime.timedelta(days=(today.weekday() + 1) % 7 or 7)

for back, run in enumerate(reversed(runs)):
    # By the calendar, not by seconds: at three o'clock in summer, too.
    start = int((sunday - datetime.timedelta(weeks=back)).timestamp())
    end = start + TOOK[(run - 1) % len(TOOK)]
    store.execute(f"UPDATE {T}import_run SET timestarted = ?, timeended = ?, triggeredby = 'scheduler' WHERE id = ?", (start, end, run))
    store.execute(f'UPDATE {T}journal SET time = ? WHERE run = ?', (start + 300, run))
    store.execute(f'UPDATE {T}tenant SET timesuccess = ? WHERE run = ?', (end, run))
    store.execute(f'UPDATE {T}tenant SET timefailure = ? WHERE failurerun = ?', (end, run))

now = int(datetime.datetime.now().timestamp())
tasks = [row[0] for row in store.execute(f"SELECT id FROM {T}task WHERE kind = 'content_copy' ORDER BY id LIMIT 2")]
store.execute(f'UPDATE {T}task SET state = 3, attempts = 10, error = ?, timemodified = ? WHERE id = ?',
              ('Moodle refused the copy: the template has an activity whose plugin is not installed (mod_hvp)', now - 7200, tasks[0]))
store.execute(f'UPDATE {T}task SET state = 0, attempts = 3, due = ?, error = ?, timemodified = ? WHERE id = ?',
              (now + 1500, 'Moodle did not answer within 300 s', now - 300, tasks[1]))
store.commit()
