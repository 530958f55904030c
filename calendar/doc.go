// Package calendar knows civil dates and the working days of the mainland of China.
//
// Words: a civil date is a day without a zone or a time ([Date]); a working day is one
// on which offices are open: Monday to Friday without the days off of the State
// Council's yearly notice, and with the weekend days that the notice makes working
// days (调休). A published year is one whose notice is in holidays.txt; every other
// year is provisional: weekends and the fixed-date holidays only, because the dates
// of Spring Festival, Qingming, Dragon Boat and Mid-Autumn and the days in lieu are
// not known before the notice.
//
// Invariants: arithmetic on dates is exact in the proleptic Gregorian calendar; an
// answer about working days that looked at one day of a provisional year says so; a
// published year has its make-up days on weekends only.
//
// Start at date.go, then working.go. The table is holidays.txt; a new year is a few
// lines there and a line in the test that counts its days.
//
// Not here: time zones and instants (package time; cmd/assay links time/tzdata, the
// default zone is Asia/Shanghai), lunar dates, working days of other places.
package calendar
