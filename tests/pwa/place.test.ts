import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf, distanceM, georeference, judgePlace } from "../../pwa/src/model/place.ts";

const fence = { lat: 59.2906, lon: 17.8106, radius_m: 150 };
const north = (metres: number) => ({ lat: fence.lat + metres / 111_195, lon: fence.lon });

test("distances over a municipality are right to a metre", () => {
  assert.ok(Math.abs(distanceM({ lat: 59.3, lon: 17.8 }, { lat: 59.3, lon: 17.85 }) - 2839) < 3);
});

test("inside is decided in favour of the phone by its accuracy", () => {
  assert.equal(judgePlace(fence, { ...north(160), accuracyM: 5 }).inside, false);
  assert.equal(judgePlace(fence, { ...north(160), accuracyM: 20 }).inside, true);
});

test("only a coarse accuracy leaves the phone", () => {
  assert.deepEqual([5, 30, 100, 101].map(bucketOf), ["<30", "<100", "<100", ">100"]);
});

test("a position that could be anywhere in town is not inside", () => {
  assert.equal(judgePlace(fence, { ...north(900), accuracyM: 3_000 }).inside, false);
});

test("three control points place the phone on the picture, turned and stretched as it is", () => {
  const at = (x: number, y: number) => ({ x, y, lat: 59.2 + 0.2 * (1 - y) + 0.01 * x, lon: 17.6 + 0.4 * x });
  const place = georeference([at(0, 0), at(1, 0), at(0, 1), at(1, 1)]);
  const spot = place?.({ ...at(0.25, 0.75), accuracyM: 50 });
  assert.ok(spot && Math.abs(spot.x - 0.25) < 1e-6 && Math.abs(spot.y - 0.75) < 1e-6);
});

test("control points on one line place nothing", () => {
  const at = (n: number) => ({ x: n, y: n, lat: 59 + n, lon: 17 + n });
  assert.equal(georeference([at(0), at(0.5), at(1)]), null);
});
