import { checkKeys } from "../known-keys.ts";
import { checkedView, type FeatureView, type InMemory, type ViewSettings, viewFeatures, viewOf } from "../measure/index.ts";

/** What was asked for; null: no view. Throws InputError. */
export function viewSettings({ view = false }: { view?: boolean | ViewSettings }): ViewSettings | null {
  if (typeof view === "boolean") return view ? {} : null;
  checkKeys(view, viewKeys, "view");
  return checkedView(view);
}

const viewKeys: Record<keyof ViewSettings, true> = { seed: true, points: true };

/** `kept`: numbers of the rows, where some were left out. */
export function viewIn(data: InMemory, settings: ViewSettings, kept: readonly number[] | null): FeatureView {
  const { frame, ...state } = viewFeatures(data, settings, kept ?? undefined);
  return viewOf(state, frame);
}
