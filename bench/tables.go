package main

import (
	"fmt"
	"strings"
)

// draw is SQL for a pseudo-random number in [0, n) that depends on the row and a salt
// alone. DuckDB's hash is stable within a version, and the version is pinned.
func draw(salt int, n int64) string { return fmt.Sprintf("(hash(i, %d) %% %d)::BIGINT", salt, n) }

// pick is SQL for one of words.
func pick(salt int, words ...string) string {
	return fmt.Sprintf("(['%s'])[1 + %s]", strings.Join(words, "','"), draw(salt, int64(len(words))))
}

// phrase is SQL for a text of least to most words.
func phrase(salt, least, most int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "concat_ws(' ', %s", pick(salt, vocabulary...))
	for n := 1; n < most; n++ {
		word := pick(salt+n, vocabulary...)
		if n >= least {
			word = fmt.Sprintf("CASE WHEN %s > %d THEN %s END", draw(salt+90, int64(most-least+1)), n-least, word)
		}
		b.WriteString(", " + word)
	}
	return b.String() + ")"
}

// vocabulary is of the kind that TPC-H's comments are made of.
var vocabulary = strings.Fields(`carefully final deposits sleep quickly among the furiously regular accounts ironic
	packages haggle blithely after special requests across bold theodolites express pinto beans pending foxes even
	instructions unusual platelets wake slyly silent asymptotes nag fluffily dolphins close busy dependencies use
	above ideas cajole daringly against sentiments boost permanent frets doze thinly warhorses breach evenly courts`)

// lineitemSQL is TPC-H's lineitem in shape: four integer keys, four decimals, two
// flags, three dates, two categories and a comment (TPC-H 3.0.1 section 4.2.3). Keys
// of parts and suppliers range as at scale factor 1; orders hold one to seven lines
// and use 8 of every 32 order keys; price is quantity times the part's price.
func lineitemSQL(rows int) string {
	// 28 rows are seven orders of 3 7 1 5 2 6 4 lines.
	const order = "([0,0,0,1,1,1,1,1,1,1,2,3,3,3,3,3,4,4,5,5,5,5,5,5,6,6,6,6])[1 + i % 28]"
	const line = "([1,2,3,1,2,3,4,5,6,7,1,1,2,3,4,5,1,2,1,2,3,4,5,6,1,2,3,4])[1 + i % 28]"
	return fmt.Sprintf(`
SELECT
  ((o // 8) * 32 + o %% 8 + 1)::BIGINT AS l_orderkey,
  part::BIGINT AS l_partkey,
  (1 + (part + %s * (2500 + (part - 1) // 10000)) %% 10000)::BIGINT AS l_suppkey,
  line::BIGINT AS l_linenumber,
  quantity::DECIMAL(15,2) AS l_quantity,
  (quantity * (90000 + (part // 10) %% 20001 + 100 * (part %% 1000)) / 100.0)::DECIMAL(15,2) AS l_extendedprice,
  (%s / 100.0)::DECIMAL(15,2) AS l_discount,
  (%s / 100.0)::DECIMAL(15,2) AS l_tax,
  CASE WHEN receipt <= DATE '1995-06-17' THEN %s ELSE 'N' END AS l_returnflag,
  CASE WHEN ship > DATE '1995-06-17' THEN 'O' ELSE 'F' END AS l_linestatus,
  ship AS l_shipdate,
  (ordered + (30 + %s)::INTEGER) AS l_commitdate,
  receipt AS l_receiptdate,
  %s AS l_shipinstruct,
  %s AS l_shipmode,
  %s AS l_comment
FROM (
  SELECT *, (ship + (1 + %s)::INTEGER) AS receipt
  FROM (
    SELECT *, (ordered + (1 + %s)::INTEGER) AS ship
    FROM (
      SELECT i, (i // 28) * 7 + %s AS o, %s AS line,
        1 + %s AS part, 1 + %s AS quantity,
        DATE '1992-01-01' + (hash((i // 28) * 7 + %s, 11) %% 2406)::INTEGER AS ordered
      FROM range(%d) t(i))))`,
		draw(1, 4), draw(2, 11), draw(3, 9), pick(4, "R", "A"), draw(5, 61),
		pick(6, "DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"),
		pick(7, "REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"),
		phrase(100, 2, 7), draw(8, 30), draw(9, 121), order, line, draw(10, 200_000), draw(12, 50), order, rows)
}

// wideSQL is a citizens' service register with the columns, the widths and the share
// of nulls of New York's public 311 file (41 columns; addresses, free text, agencies,
// coordinates). It is generated: no person is in it.
func wideSQL(rows int) string {
	type column struct{ name, sql string }
	or := func(salt, percent int, sql string) string { // percent of the rows have a value
		return fmt.Sprintf("CASE WHEN %s < %d THEN %s END", draw(salt, 100), percent, sql)
	}
	street := func(salt int) string {
		return fmt.Sprintf("concat(%s, ' ', %s, ' ', %s)", pick(salt, "WEST", "EAST", "NORTH", "SOUTH", "OLD"),
			draw(salt+1, 220), pick(salt+2, "STREET", "AVENUE", "PLACE", "ROAD", "BOULEVARD", "PARKWAY"))
	}
	when := func(salt int, days int64) string {
		return fmt.Sprintf("TIMESTAMP '2010-01-01' + to_seconds(%s)", draw(salt, days*86400))
	}
	borough := pick(30, "BROOKLYN", "QUEENS", "MANHATTAN", "BRONX", "STATEN ISLAND", "Unspecified")
	columns := []column{
		{"unique_key", "(10000000 + i * 37)::BIGINT"},
		{"created_date", when(1, 4000)},
		{"closed_date", or(2, 97, when(1, 4000)+" + to_seconds("+draw(3, 900_000)+")")},
		{"agency", pick(4, "NYPD", "HPD", "DOT", "DSNY", "DEP", "DOB", "DPR", "DOHMH", "DOF", "TLC", "DHS", "DCA")},
		{"agency_name", pick(4, "New York City Police Department", "Department of Housing Preservation and Development",
			"Department of Transportation", "Department of Sanitation", "Department of Environmental Protection",
			"Department of Buildings", "Department of Parks and Recreation", "Department of Health and Mental Hygiene",
			"Department of Finance", "Taxi and Limousine Commission", "Department of Homeless Services", "Department of Consumer Affairs")},
		{"complaint_type", "concat(" + pick(5, vocabulary...) + ", ' ', " + pick(6, "Condition", "Complaint", "Noise", "Request") + ")"},
		{"descriptor", or(7, 97, phrase(200, 2, 6))},
		{"location_type", or(8, 76, pick(9, "Residential Building/House", "Street/Sidewalk", "Store/Commercial", "Club/Bar/Restaurant", "Park/Playground", "RESIDENTIAL BUILDING"))},
		{"incident_zip", or(10, 95, "lpad(("+draw(11, 420)+" + 10001)::VARCHAR, 5, '0')")},
		{"incident_address", or(12, 83, "concat("+draw(13, 9000)+", ' ', "+street(14)+")")},
		{"street_name", or(12, 83, street(14))},
		{"cross_street_1", or(17, 68, street(18))},
		{"cross_street_2", or(17, 68, street(21))},
		{"intersection_street_1", or(24, 23, street(25))},
		{"intersection_street_2", or(24, 23, street(28))},
		{"address_type", or(31, 88, pick(32, "ADDRESS", "INTERSECTION", "BLOCKFACE", "LATLONG", "PLACENAME"))},
		{"city", or(33, 94, borough)},
		{"landmark", or(34, 9, street(35))},
		{"facility_type", or(38, 15, pick(39, "Precinct", "N/A", "DSNY Garage", "School"))},
		{"status", pick(40, "Closed", "Closed", "Closed", "Closed", "Open", "Pending", "Assigned", "Started")},
		{"due_date", or(41, 35, when(42, 4000))},
		{"resolution_description", or(43, 98, "concat("+pick(44, "The Police Department responded to the complaint and with the information available observed no evidence of the violation at that time",
			"The Department of Housing Preservation and Development inspected the following conditions. Violations were issued. Information about specific violations is available",
			"Service Request status for this request is available on the Department of Transportation website. Please click the Learn More link below",
			"The condition described in this complaint was inspected and a notice was sent to the owner of the property")+", ' ', "+phrase(300, 0, 5)+")")},
		{"resolution_action_updated_date", or(45, 98, when(46, 4000))},
		{"community_board", "concat(lpad((1 + " + draw(47, 18) + ")::VARCHAR, 2, '0'), ' ', " + borough + ")"},
		{"bbl", or(48, 76, "(1000000000 + "+draw(49, 4_000_000_000)+")::VARCHAR")},
		{"borough", borough},
		{"x_coordinate", or(50, 91, "(913000 + "+draw(51, 154_000)+")::INTEGER")},
		{"y_coordinate", or(50, 91, "(121000 + "+draw(52, 151_000)+")::INTEGER")},
		{"open_data_channel_type", pick(53, "PHONE", "ONLINE", "MOBILE", "UNKNOWN", "OTHER")},
		{"park_facility_name", pick(54, "Unspecified", "Unspecified", "Unspecified", "Unspecified", "Central Park")},
		{"park_borough", borough},
		{"vehicle_type", or(55, 1, pick(56, "Car Service", "Ambulette / Paratransit", "Green Taxi", "Commuter Van"))},
		{"taxi_company_borough", or(57, 1, borough)},
		{"taxi_pick_up_location", or(58, 2, street(59))},
		{"bridge_highway_name", or(62, 2, street(63))},
		{"bridge_highway_direction", or(66, 2, pick(67, "North/Bronx Bound", "East/Queens Bound", "South/Downtown Bound"))},
		{"road_ramp", or(68, 2, pick(69, "Roadway", "Ramp", "N/A"))},
		{"bridge_highway_segment", or(70, 2, phrase(400, 3, 7))},
		{"latitude", or(50, 91, "40.49 + "+draw(51, 42_000_000)+" / 100000000.0::DOUBLE")},
		{"longitude", or(50, 91, "-74.25 + "+draw(52, 55_000_000)+" / 100000000.0::DOUBLE")},
		{"location", or(50, 91, "concat('(', 40.49 + "+draw(51, 42_000_000)+" / 100000000.0::DOUBLE, ', ', -74.25 + "+draw(52, 55_000_000)+" / 100000000.0::DOUBLE, ')')")},
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(",\n  ")
		}
		fmt.Fprintf(&b, "%s AS %s", c.sql, c.name)
	}
	fmt.Fprintf(&b, "\nFROM range(%d) t(i)", rows)
	return b.String()
}
