/** A turn for whatever waits outside a computation: signals, messages, timers. Steps on WebAssembly never reach the event loop by themselves. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else {
      // A page's timers wait for some milliseconds; its messages do not.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }
  });

/** Milliseconds after which others have their turn. */
const patience = 50;

/** To be awaited after each step of something long. */
export function resting(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < patience) return;
    await turn();
    last = performance.now();
  };
}
