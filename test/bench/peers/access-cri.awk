# Before access.awk: lines of a container runtime become what nginx wrote, those of standard error are left out.
# `2026-11-20T14:00:00.123456789Z stdout F `: the corpus writes times of one width.

substr($0, 32, 6) != "stdout" { next }
substr($0, 39, 1) == "P" { before = before substr($0, 41); next }
{ $0 = before substr($0, 41); before = "" }
