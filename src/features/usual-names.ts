/** What labels, a head's weight and its bias are called where they stand by themselves, as alternatives of a pattern: arrays of a file, and files that hold one array. @internal */
export const usualNames = { labels: "labels?|targets?|classes|y", weight: "w|weights?|kernel", bias: "bias|b" } as const;
