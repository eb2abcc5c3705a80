import { h } from "../dom.ts";

/** A place to drop files or folders, which is also a button that chooses files. What is dropped is read here and sent nowhere. */
export function fileDrop(
  label: string,
  options: { accept?: string; multiple?: boolean; folder?: boolean },
  onFiles: (files: File[]) => void,
): HTMLElement {
  const input = h("input", {
    type: "file",
    accept: options.accept,
    multiple: options.multiple,
    class: "file",
    "aria-label": label,
  });
  const folder = options.folder
    ? h("input", { type: "file", webkitdirectory: true, class: "file", "aria-label": "a folder" })
    : null;
  const node = h("div", { class: "drop" }, h("label", {}, label, input), folder && h("label", {}, "or a whole folder", folder));
  for (const chooser of [input, folder])
    chooser?.addEventListener("change", () => {
      const files = [...(chooser.files ?? [])];
      // The same file again is a new choice.
      chooser.value = "";
      if (files.length > 0) onFiles(files);
    });
  node.addEventListener("dragover", (event) => {
    event.preventDefault();
    node.classList.add("over");
  });
  node.addEventListener("dragleave", () => node.classList.remove("over"));
  node.addEventListener("drop", async (event) => {
    event.preventDefault();
    node.classList.remove("over");
    // Entries must be taken before the first wait: the event's list is emptied then.
    const items = [...(event.dataTransfer?.items ?? [])];
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
    const plain = [...(event.dataTransfer?.files ?? [])];
    const files = entries.some((entry) => entry?.isDirectory) ? (await Promise.all(entries.map(filesIn))).flat() : plain;
    if (files.length > 0) onFiles(files);
  });
  return node;
}

/** The folder of each file that came out of one; for the others "". */
const folders = new WeakMap<File, string>();

export function folderOf(file: File): string {
  const relative = file.webkitRelativePath;
  return folders.get(file) ?? (relative.includes("/") ? relative.slice(0, relative.lastIndexOf("/")) : "");
}

/** All files below an entry. */
async function filesIn(entry: FileSystemEntry | null): Promise<File[]> {
  if (!entry) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    folders.set(file, entry.fullPath.slice(1, entry.fullPath.lastIndexOf("/")));
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  // A reader gives some hundred entries at a time, and then none.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesIn(one)));
  }
}
