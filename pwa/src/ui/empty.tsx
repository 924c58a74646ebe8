import type { ComponentChildren } from "preact";

/** A room with nothing in it yet: a picture, what it is for, and one way on. */
interface EmptyProps {
  picture: "islands" | "bus" | "quay";
  title: string;
  body: string;
  children?: ComponentChildren;
}

export function Empty({ picture, title, body, children }: EmptyProps) {
  return (
    <section class="empty">
      <img class="empty-picture" src={`/static/pictures/${picture}.svg`} alt="" width="320" height="180" />
      <h2>{title}</h2>
      <p class="quiet">{body}</p>
      {children}
    </section>
  );
}
