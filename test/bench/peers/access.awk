# The answer of the access bench in awk (run with mawk -F'"'): requests by code, distributions of both times, attempts by peer and class.
# Output, separated by tabs: B bytes | C code n | D bucket n | DS milliseconds | U bucket n | US milliseconds | A peer class n

function bucket_of(seconds,    i) {
  for (i = 0; i < 11; i++) if (seconds <= bound[i]) return i
  return 11
}

BEGIN { split("0.005 0.025 0.1 0.25 0.5 1 2.5 5 10 30 60", b, " "); for (i in b) bound[i - 1] = b[i] + 0 }

# Quotes in values are written as \x22, so the fields between quotes are where the format has them.
NF == 13 {
  split($3, numbers, " ")
  codes[numbers[1]]++
  bytes += numbers[2]
  time = $7 + 0
  duration[bucket_of(time)]++
  duration_sum += time
  if ($10 == "-") next
  n = split($10, peers, ", ")
  split($8, statuses, ", ")
  split($12, times, ", ")
  for (i = 1; i <= n; i++) {
    time = times[i] + 0
    upstream[bucket_of(time)]++
    upstream_sum += time
    attempts[peers[i] "\t" (statuses[i] == "-" ? "none" : substr(statuses[i], 1, 1) "xx")]++
  }
}

END {
  printf "B\t%.0f\n", bytes
  for (code in codes) print "C\t" code "\t" codes[code]
  for (i in duration) print "D\t" i "\t" duration[i]
  for (i in upstream) print "U\t" i "\t" upstream[i]
  for (key in attempts) print "A\t" key "\t" attempts[key]
  printf "DS\t%.0f\nUS\t%.0f\n", duration_sum * 1000, upstream_sum * 1000
}
