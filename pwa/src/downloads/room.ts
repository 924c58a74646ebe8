// Whether a file fits. What the browser will not say is taken as room enough: a full phone is then told by the write.
const SLACK = 1.2;

export interface Estimate {
  usage?: number;
  quota?: number;
}

/** 0: it fits. Else how many bytes must be freed first. */
export function missingRoom(bytes: number, { usage, quota }: Estimate): number {
  if (quota === undefined || usage === undefined) return 0;
  return Math.max(0, Math.ceil(bytes * SLACK - (quota - usage)));
}

interface Connection {
  type?: string;
  saveData?: boolean;
}

export function networkOf(connection: Connection | undefined): "unmetered" | "metered" | "unknown" {
  if (connection?.saveData) return "metered";
  switch (connection?.type) {
    case "wifi":
    case "ethernet":
      return "unmetered";
    case "cellular":
    case "bluetooth":
    case "wimax":
      return "metered";
    default:
      return "unknown";
  }
}
