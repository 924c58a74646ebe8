// The phone's sense of place. Positions stay in this file's callbacks: nothing is stored, nothing is sent.
import { type Accuracy, georeference, judgePlace, type Position } from "../model/place.ts";
import type { Fence, Route } from "../protocol.gen.ts";

export type PlaceReading =
  | { state: "found"; inside: boolean; distanceM: number; accuracyM: number; bucket: Accuracy }
  | { state: "denied" | "unavailable" };
/** Where the phone is on the route picture: shares (0–1) of its width and height; radius as a share of the width. */
export type RouteReading =
  | { state: "found"; x: number; y: number; radius: number }
  | { state: "denied" | "unavailable" };
type Failure = { state: "denied" | "unavailable" };

export function watchPlace(fence: Fence, callback: (reading: PlaceReading) => void): () => void {
  return watch((position) => callback({ state: "found", ...judgePlace(fence, position) }), callback);
}

export function watchRoute(route: Route, callback: (reading: RouteReading) => void): () => void {
  const toPicture = georeference(route.control_points);
  if (!toPicture) {
    callback({ state: "unavailable" });
    return () => undefined;
  }
  return watch((position) => callback({ state: "found", ...toPicture(position) }), callback);
}

function watch(found: (position: Position) => void, failed: (failure: Failure) => void): () => void {
  const sense = navigator.geolocation;
  if (!sense) {
    failed({ state: "unavailable" });
    return () => undefined;
  }
  const id = sense.watchPosition(
    ({ coords }) => found({ lat: coords.latitude, lon: coords.longitude, accuracyM: coords.accuracy }),
    (error) => failed({ state: error.code === error.PERMISSION_DENIED ? "denied" : "unavailable" }),
    { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 },
  );
  return () => sense.clearWatch(id);
}
