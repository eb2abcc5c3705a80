import { fig1 } from "./fig1.ts";
import { fig2 } from "./fig2.ts";
import { fig3 } from "./fig3.ts";
import { fig4 } from "./fig4.ts";
import { fig5 } from "./fig5.ts";
import { fig6 } from "./fig6.ts";
import { fig7 } from "./fig7.ts";
import { fig8 } from "./fig8.ts";
import { fig9 } from "./fig9.ts";
import type { Figure } from "./figure.ts";
import { layerNormFigure } from "./layer-norm.ts";
import { layerPeeledFigure } from "./layer-peeled.ts";
import { remediesFigure } from "./remedies.ts";
import { remediesLongTail } from "./remedies-long-tail.ts";
import { traps } from "./traps.ts";
import { weightDecayFigure } from "./weight-decay.ts";

/** The nine figures of the paper, and those that go further. */
export const figures: readonly Figure[] = [
  fig1,
  fig2,
  fig3,
  fig4,
  fig5,
  fig6,
  fig7,
  fig8,
  fig9,
  remediesFigure,
  remediesLongTail,
  traps,
  weightDecayFigure,
  layerNormFigure,
  layerPeeledFigure,
];
