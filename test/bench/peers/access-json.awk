# Before access.awk: the bench's lines of JSON become the fields that it reads (run with mawk -F'"').
# What is escaped has a backslash before it, also a quote: without those pairs the quotes are the format's.

{
  gsub(/\\./, "")
  status = $19
  request_time = $31
  $8 = $34
  $10 = $38
  $12 = $42
  $3 = substr(status, 2, 3) " " substr($21, 2)
  $7 = substr(request_time, 2)
  for (i = 8; i <= 12; i += 2) if ($i == "") $i = "-"
  NF = 13
}
