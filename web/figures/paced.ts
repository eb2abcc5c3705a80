/**
 * Drawing that leaves the page its frames: at most one picture a frame, of each the newest. Sixty times a second a browser shows what there is; a picture takes it some milliseconds, and four at once would take
 * it a frame or two.
 */
export function paced(
  request: (draw: () => void) => void = (draw) => requestAnimationFrame(draw),
): (name: string, draw: () => void) => void {
  const waiting = new Map<string, () => void>();
  let asked = false;
  const next = (): void => {
    asked = false;
    const first = waiting.entries().next();
    if (first.done) return;
    const [name, draw] = first.value;
    waiting.delete(name);
    if (waiting.size > 0) ask();
    draw();
  };
  const ask = (): void => {
    if (asked) return;
    asked = true;
    request(next);
  };
  return (name, draw) => {
    // One that waits keeps its turn, with what is newest.
    waiting.set(name, draw);
    ask();
  };
}
