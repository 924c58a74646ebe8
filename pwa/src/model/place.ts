// Where the phone is, decided on the phone. Positions come in, "inside" and a coarse accuracy go out; nothing is kept.
import type { CheckedIn, ControlPoint, Fence, PlaceEvidence } from "../protocol.gen.ts";

export type Accuracy = PlaceEvidence["accuracy"];
export type Method = CheckedIn["evidence"]["method"];
export interface Position {
  lat: number;
  lon: number;
  accuracyM: number;
}
export interface Verdict {
  inside: boolean;
  distanceM: number;
  accuracyM: number;
  bucket: Accuracy;
}

const METRES_PER_DEGREE = 111_195;
/** Worse than this (iPhone with "precise" off), being inside would be true of half a town: it says nothing. */
const USELESS_M = 1_000;

/** Flat earth: 1.25 m of error at 5 km at 59° N, far under what a phone knows. */
export function distanceM(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const north = (b.lat - a.lat) * METRES_PER_DEGREE;
  const east = (b.lon - a.lon) * METRES_PER_DEGREE * Math.cos(((a.lat + b.lat) / 2) * (Math.PI / 180));
  return Math.hypot(north, east);
}

export function bucketOf(accuracyM: number): Accuracy {
  if (accuracyM < 30) return "<30";
  return accuracyM <= 100 ? "<100" : ">100";
}

export function judgePlace(fence: Fence, position: Position): Verdict {
  const distance = distanceM(fence, position);
  return {
    inside: position.accuracyM <= USELESS_M && distance - position.accuracyM <= fence.radius_m,
    distanceM: distance,
    accuracyM: position.accuracyM,
    bucket: bucketOf(position.accuracyM),
  };
}

export interface OnPicture {
  x: number;
  y: number;
  /** the accuracy, as a share of the picture's width */
  radius: number;
}

/** An affine map by least squares from three or more control points; null where they lie on one line. */
export function georeference(points: readonly ControlPoint[]): ((position: Position) => OnPicture) | null {
  const [first] = points;
  if (!first || points.length < 3) return null;
  // Metres east and north of the first point keep the sums well conditioned.
  const squeeze = Math.cos(first.lat * (Math.PI / 180));
  const east = (lon: number) => (lon - first.lon) * METRES_PER_DEGREE * squeeze;
  const north = (lat: number) => (lat - first.lat) * METRES_PER_DEGREE;
  const rows = points.map((p) => [east(p.lon), north(p.lat), 1] as const);
  const forX = solve(
    rows,
    points.map((p) => p.x),
  );
  const forY = solve(
    rows,
    points.map((p) => p.y),
  );
  if (!forX || !forY) return null;
  return ({ lat, lon, accuracyM }) => {
    const e = east(lon);
    const n = north(lat);
    return {
      x: forX[0] * e + forX[1] * n + forX[2],
      y: forY[0] * e + forY[1] * n + forY[2],
      radius: Math.hypot(forX[0], forX[1]) * accuracyM,
    };
  };
}

type Three = readonly [number, number, number];

/** Normal equations by Cramer's rule. */
function solve(rows: readonly Three[], values: readonly number[]): Three | null {
  const m = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const v = [0, 0, 0];
  rows.forEach((row, at) => {
    for (let i = 0; i < 3; i++) {
      v[i] = (v[i] ?? 0) + (row[i] ?? 0) * (values[at] ?? 0);
      for (let j = 0; j < 3; j++) m[i * 3 + j] = (m[i * 3 + j] ?? 0) + (row[i] ?? 0) * (row[j] ?? 0);
    }
  });
  const whole = determinant(m);
  const size = Math.abs((m[0] ?? 0) * (m[4] ?? 0) * (m[8] ?? 0));
  if (Math.abs(whole) <= 1e-9 * size) return null;
  const [a, b, c] = [0, 1, 2].map(
    (column) => determinant(m.map((x, at) => (at % 3 === column ? (v[Math.floor(at / 3)] ?? 0) : x))) / whole,
  );
  return [a ?? 0, b ?? 0, c ?? 0];
}

function determinant(m: readonly number[]): number {
  const at = (n: number) => m[n] ?? 0;
  return (
    at(0) * (at(4) * at(8) - at(5) * at(7)) -
    at(1) * (at(3) * at(8) - at(5) * at(6)) +
    at(2) * (at(3) * at(7) - at(4) * at(6))
  );
}
