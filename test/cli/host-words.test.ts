import { expect, test } from "vitest";
import { settingWords, spoken } from "../../src/cli/host-words.ts";
import { inWordsOf } from "../../src/ways-out.ts";

test.each([
  ["--ignore-label 255: samples", "ignoreLabel=255: samples", "ignore_label=255: samples"],
  ["--ignore-label leaves out", "ignoreLabel leaves out", "ignore_label leaves out"],
  ["--keys weight=NAME takes another", "head=NAME takes another", "head=NAME takes another"],
  ["--keys weight=a.b-c takes it", 'head="a.b-c" takes it', 'head="a.b-c" takes it'],
  ["--keys weight=NAME[0] takes", "headWeight[0] takes", "head[0] takes"],
  ["--keys labels=NAME[:,0] takes", "labels[:,0] takes", "labels[:,0] takes"],
  ["beside --head-weight FILE, got", "beside headWeight, got", "beside head_weight, got"],
  ["--ends batch-norm predicts", 'ends="batch-norm" predicts', 'ends="batch-norm" predicts'],
  ["--weight-decay X --ends", "weightDecay=X ends", "weight_decay=X ends"],
  ["--branches 2.34 gives", "branches=2.34 gives", "branches=2.34 gives"],
  ["`nclab predict --ends layer-norm` does", "`nclab predict --ends layer-norm` does", "`nclab predict --ends layer-norm` does"],
  ["--list shows all", "`nclab measure FILE --list` shows all", "`nclab measure FILE --list` shows all"],
])("%s", (text, inSettings, inRecorder) => {
  expect(inWordsOf(settingWords, text)).toBe(inSettings);
  expect(spoken(text, "recorder")).toBe(inRecorder);
  expect(spoken(text, undefined)).toBe(text);
});
