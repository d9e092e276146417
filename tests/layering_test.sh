#!/usr/bin/env bash
# Do the includes point only the way the folders are layered?
#
#   tests/layering_test.sh ROOT          checks the tree at ROOT; prints each violation, exit 1
#   tests/layering_test.sh --self-test   builds trees with one violation each, expects each found
#
# Also checked: code under test has no #if (both backends compile the same text), and quoted
# includes are written from the root of the tree.  cli/, tests/, bench/ and examples/ may include
# anything.
set -euo pipefail

# folder: what it may include, besides itself and the standard library.  `os` is <unistd.h>,
# <sys/…>, <linux/…> and the like; other words are folders, or first parts of <…/…>.
layers='
model:
isa:
report:
runtime:        isa
runtime/events: model isa runtime capstone
runtime/model:  model isa runtime runtime/events boost sanitizer os
runtime/native: isa runtime sanitizer os
runtime/ordered: model isa runtime runtime/events os
runtime/sync:   runtime
patching:       isa runtime runtime/sync
rcu:            runtime runtime/sync patching
tracing:        isa runtime runtime/sync patching rcu
scenarios:      isa runtime runtime/sync patching rcu tracing
keys:           isa runtime patching runtime/native os
runtime/check:  scenarios isa runtime patching rcu tracing runtime/model model os
stress:         scenarios isa runtime patching rcu tracing runtime/native nlohmann os
'
no_conditionals='isa patching rcu tracing scenarios'

check() {  # check ROOT: prints violations; status 1 if there are any
  cd "$1"
  local folder found=()
  for folder in model isa report runtime patching rcu tracing scenarios keys stress; do
    if [ -d "$folder" ]; then found+=("$folder"); fi
  done
  if [ ${#found[@]} -eq 0 ]; then
    echo "layering: nothing to check in $1"
    return 1
  fi
  find "${found[@]}" -type f \( -name '*.h' -o -name '*.cpp' \) -print0 | sort -z |
    LC_ALL=C xargs -0 -r awk -v layers="$layers" -v no_conditionals="$no_conditionals" '
      # The layer of a path: runtime/x/ are layers of their own, any other folder is one layer.
      function layer(path,   part, n) {
        n = split(path, part, "/")
        return part[1] == "runtime" && n > 2 ? part[1] "/" part[2] : part[1]
      }
      function complain(why) {
        printf "%s:%d: %s\n    %s\n", FILENAME, FNR, why, $0
        bad = 1
      }
      BEGIN {
        n = split(layers, line, "\n")
        for (i = 1; i <= n; ++i) {
          if (split(line[i], half, ":") < 2) continue
          known[half[1]] = may[half[1], half[1]] = 1
          m = split(half[2], word, " ")
          for (j = 1; j <= m; ++j) may[half[1], word[j]] = 1
        }
        n = split(no_conditionals, word, " ")
        for (i = 1; i <= n; ++i) plain[word[i]] = 1
      }
      FNR == 1 {
        self = layer(FILENAME)
        if (!(self in known)) complain("folder " self "/ has no layer in layering_test.sh")
      }
      /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\"")
        if (quoted[2] !~ /\// || quoted[2] ~ /^\./) complain("include is not written from the root")
        else if (!((self, layer(quoted[2])) in may))
          complain(self "/ may not include " layer(quoted[2]) "/")
      }
      /^[ \t]*#[ \t]*include[ \t]*</ {
        name = $0
        sub(/^[^<]*</, "", name)
        sub(/>.*/, "", name)
        if (name ~ /^[a-z_]+$/) next  # the standard library
        split(name, part, "/")
        if (!((self, part[1]) in may) &&
            !((self, "os") in may && name ~ /^((sys|linux|asm|net|arpa)\/)?[a-z0-9_]+\.h$/))
          complain(self "/ may not include <" name ">")
      }
      /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)([ \t(!]|$)/ {
        if (self in plain) complain("no conditional compilation in " self "/")
      }
      END { exit bad }'
}

self_test() {
  local tree failures=0
  tree=$(mktemp -d)
  trap "rm -rf '$tree'" EXIT

  # expect clean|violation FILE LINE: a tree with that line in that file, next to a harmless file.
  expect() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/model" "$tree/$(dirname "$2")"
    printf '#include <vector>\n' >"$tree/model/event.h"
    printf '// A file.\n%s\n' "$3" >"$tree/$2"
    local got=clean output
    output=$(check "$tree") || got=violation
    if [ "$got" = violation ] && [[ $output != *"$2:2: "* ]]; then got="misplaced report: $output"; fi
    if [ "$got" = "$1" ]; then return; fi
    echo "self-test: $2 with '$3': expected $1, got $got"
    failures=$((failures + 1))
  }

  expect clean     model/a.cpp          '#include <atomic>'
  expect clean     model/models/a.cpp   '#include "model/event.h"'
  expect violation model/a.cpp          '#include "runtime/runtime.h"'
  expect violation model/models/sc.cpp  '#include "scenarios/catalog.h"'
  expect violation model/a.h            '#include <boost/context/fiber.hpp>'
  expect violation model/a.h            '#include <unistd.h>'
  expect violation model/a.h            '  #  include "cli/table.h"'
  expect violation model/a.cpp          '#include "event.h"'
  expect violation model/a.cpp          '#include "../runtime/runtime.h"'
  expect clean     report/a.h           '#include "report/markup.h"'
  expect violation report/a.h           '#include "runtime/check/check.h"'
  expect violation isa/a.h              '#include "runtime/runtime.h"'
  expect clean     runtime/runtime.h    '#include "isa/isa.h"'
  expect violation runtime/runtime.h    '#include "model/event.h"'
  expect violation runtime/runtime.h    '#include "runtime/model/fiber.h"'
  expect clean     runtime/model/a.cpp  '#include "model/event.h"'
  expect clean     runtime/model/a.cpp  '#include <boost/context/fiber.hpp>'
  expect violation runtime/model/a.cpp  '#include "scenarios/catalog.h"'
  expect violation runtime/model/a.cpp  '#include "runtime/native/trap.h"'
  expect clean     runtime/native/a.cpp '#include <sys/mman.h>'
  expect violation runtime/native/a.cpp '#include "model/event.h"'
  expect clean     runtime/check/a.cpp  '#include "scenarios/catalog.h"'
  expect violation runtime/check/a.cpp  '#include "stress/suite.h"'
  expect violation runtime/extra/a.h    '#include "runtime/runtime.h"'
  expect clean     patching/a.h         '#include "runtime/runtime.h"'
  expect violation patching/a.h         '#include "runtime/native/native_runtime.h"'
  expect violation patching/a.h         '#include "rcu/rcu.h"'
  expect violation patching/a.h         '#if defined(__x86_64__)'
  expect violation rcu/a.h              '#ifdef __aarch64__'
  expect clean     rcu/a.h              '#include "patching/text_poke.h"'
  expect clean     rcu/a.h              '#include "runtime/sync/mutex.h"'
  expect violation rcu/a.h              '#include "scenarios/srcu.h"'
  expect violation rcu/a.h              '#include "tracing/recursion_bits.h"'
  expect clean     tracing/a.h          '#include "rcu/srcu.h"'
  expect violation tracing/a.h          '#include "scenarios/srcu.h"'
  expect violation tracing/a.h          '#if defined(__x86_64__)'
  expect violation scenarios/a.h        '#include "stress/suite.h"'
  expect violation scenarios/a.h        '#include <gtest/gtest.h>'
  expect violation stress/a.cpp         '#include "runtime/model/model_runtime.h"'
  expect violation stress/a.cpp         '#include "runtime/check/check.h"'
  expect clean     stress/a.cpp         '#include "runtime/native/native_runtime.h"'

  [ "$failures" -eq 0 ]
}

case ${1:-} in
  --self-test) self_test ;;
  "" | -*)
    echo "usage: layering_test.sh ROOT | --self-test" >&2
    exit 2
    ;;
  *) check "$1" ;;
esac
