import assert from "node:assert/strict";
import { test } from "node:test";

import { kindOf, rowsOf, rulesOf } from "../../fwtwisted/page/smart.js";

test("rows become rules, and rules the same rows", () => {
  const form = {
    joint: "any",
    rows: [
      { field: "genre", operator: "contains", value: "Ambient" },
      { field: "year", operator: "inTheRange", value: "1990 to 1999" },
      { field: "rating", operator: "gt", value: "3" },
      { field: "lastplayed", operator: "notInTheLast", value: "30" },
      { field: "dateadded", operator: "inTheRange", value: "2026-01-01 to 2026-01-31" },
      { field: "starred", operator: "is", value: "no" },
    ],
    sort: "-year",
    limit: 50,
  };
  const rules = rulesOf(form);
  assert.deepEqual(rules, {
    any: [
      { contains: { genre: "Ambient" } },
      { inTheRange: { year: [1990, 1999] } },
      { gt: { rating: 3 } },
      { notInTheLast: { lastplayed: 30 } },
      { inTheRange: { dateadded: ["2026-01-01", "2026-01-31"] } },
      { is: { starred: false } },
    ],
    sort: "-year",
    limit: 50,
  });
  assert.deepEqual(rowsOf(rules), form);
});

test("rules with groups are left alone", () => {
  assert.equal(rowsOf({ all: [{ any: [{ is: { year: 1999 } }] }] }), null);
});

test("an empty value is not a number", () => {
  assert.deepEqual(rulesOf({ joint: "all", rows: [{ field: "year", operator: "is", value: " " }], sort: "title", limit: "" }), { all: [{ is: { year: "" } }], sort: "title", limit: 500 });
  assert.equal(kindOf("lastplayed", "inTheLast"), "days");
});
