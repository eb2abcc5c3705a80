/** What has to be given back: programs, arrays on a device. */
interface Disposable {
  dispose(): void;
}

/** Things that are made one after the other and given back together, in a `finally`: where one cannot be made, those before it are given back too. */
export function together(): Disposable & { add<T extends Disposable>(made: T): T } {
  const all: Disposable[] = [];
  return {
    add(made) {
      all.push(made);
      return made;
    },
    dispose() {
      for (const made of all.splice(0).reverse()) made.dispose();
    },
  };
}
