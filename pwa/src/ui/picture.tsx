import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface PictureProps {
  src: string;
  alt: string;
  class: string;
  width: number;
  height: number;
  loading?: "lazy";
  /** what keeps its place where it is not on the phone */
  otherwise?: ComponentChildren;
}

/** A picture that cannot be had is left out: the sign of a broken one tells nobody anything. */
export function Picture({ src, alt, otherwise = null, ...rest }: PictureProps) {
  const [failed, setFailed] = useState<string | null>(null);
  if (failed === src) return <>{otherwise}</>;
  return <img src={src} alt={alt} {...rest} onError={() => setFailed(src)} />;
}
