/**
 * Files on disk: regular files alone are read, whole files appear at once, one writer a folder.
 *
 * @module files
 */

export { checkWritable, isTemporary, removeTemporaries, unwritable, writeFileAtomic } from "./atomic.ts";
export { BusyError, isLock, moveAside, ownerOf, withLock } from "./lock.ts";
export { makeFolders } from "./make-folders.ts";
export { type Handle, IrregularError, type OpenFile, openFile, readIfThere, readRegular } from "./open-file.ts";
export { checkOutputs, type Inputs, type Output } from "./outputs.ts";
export { rowFiles } from "./row-files.ts";
export { temporaryFile } from "./temporary.ts";
export { textOf } from "./text-file.ts";
