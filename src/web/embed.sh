#!/bin/sh
# Prints the files named as arrays of C: style.css becomes web_file_style_css.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
echo '/* Made from the files of static/. */'
echo '#pragma once'
echo '#include <glib.h>'
for file; do
  name=$(basename "$file" | tr '.-' '__')
  echo "static const guint8 web_file_$name[] = {"
  od -An -v -tu1 "$file" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
  echo '};'
done
