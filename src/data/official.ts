/**
 * What `nclab data fetch` downloads: where the authors publish it, and how its bytes are recognized. The sizes and sums are
 * those of the files in use since their publication; a download that differs in one bit is refused.
 */
export interface OfficialFile {
  /** Its name. */
  file: string;
  /** Its size. */
  bytes: number;
  /** The authors' own sum, and a second one because md5 alone no longer keeps out a forgery. */
  md5: string;
  /** The second sum. */
  sha256: string;
}

/** One data set as its authors publish it. */
export interface Official {
  /** Files are at `url/file`; a mirror replaces the url. */
  url: string;
  /** Folder, below the chosen one, that the files go to. */
  folder: string;
  /** What to download. */
  files: readonly OfficialFile[];
  /** Set when the one file is a tar.gz archive: what to take out of it, each of `memberBytes`, and its folder in there. */
  archive?: { folder: string; members: readonly string[]; memberBytes: number };
}

/** Fashion-MNIST, Zalando SE (MIT), arXiv:1708.07747: four IDX files. CIFAR-10, Krizhevsky 2009: one archive, 170 MB. */
export const official: Record<"fashion-mnist" | "cifar-10", Official> = {
  "fashion-mnist": {
    url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    folder: "fashion-mnist",
    files: [
      {
        file: "train-images-idx3-ubyte.gz",
        bytes: 26421880,
        md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      },
      {
        file: "train-labels-idx1-ubyte.gz",
        bytes: 29515,
        md5: "25c81989df183df01b3e8a0aad5dffbe",
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      },
      {
        file: "t10k-images-idx3-ubyte.gz",
        bytes: 4422102,
        md5: "bef4ecab320f06d8554ea6380940ec79",
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      },
      {
        file: "t10k-labels-idx1-ubyte.gz",
        bytes: 5148,
        md5: "bb300cfdad3c16e7a12a480ee83cd310",
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      },
    ],
  },
  "cifar-10": {
    url: "https://www.cs.toronto.edu/~kriz",
    folder: "cifar-10-batches-bin",
    files: [
      {
        file: "cifar-10-binary.tar.gz",
        bytes: 170052171,
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      },
    ],
    archive: {
      folder: "cifar-10-batches-bin",
      // The test file last: a folder without it is not taken for a whole data set.
      members: [
        "data_batch_1.bin",
        "data_batch_2.bin",
        "data_batch_3.bin",
        "data_batch_4.bin",
        "data_batch_5.bin",
        "test_batch.bin",
      ],
      memberBytes: 30730000,
    },
  },
};
