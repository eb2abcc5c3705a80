import { readRegular } from "../files/index.ts";
import { type SeriesView, seriesOf } from "../words/index.ts";

/** What the page shows of a document of `nclab measure --json` in a file. Throws InputError where the file is no such document. */
export const seriesView = (file: string): SeriesView => seriesOf(file, new TextDecoder().decode(readRegular(file)));
