// Matrices are arrays of rows, vectors plain arrays. Nothing here knows of a page.

export const zeros = (rows, columns) => Array.from({ length: rows }, () => new Array(columns).fill(0));

export const eye = (size) => zeros(size, size).map((row, n) => row.map((_, m) => Number(n === m)));

export const scaled = (A, factor) => A.map((row) => row.map((value) => value * factor));

export const transposed = (A) => A[0].map((_, m) => A.map((row) => row[m]));

/** v (N), A (N, M) -> v A (M). */
export const times = (v, A) => A[0].map((_, m) => v.reduce((sum, value, n) => sum + value * A[n][m], 0));

/** A (N, K), B (K, M) -> A B (N, M). */
export const product = (A, B) => A.map((row) => times(row, B));

export const largest = (A) => Math.max(...A.flat().map(Math.abs));

/** One turn of Jacobi: the entries n, m of a symmetric matrix become 0, in place. */
function rotate(S, n, m) {
  const theta = (S[m][m] - S[n][n]) / (2 * S[n][m]);
  const tan = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(tan, 1);
  const sin = tan * cos;
  for (const row of S) [row[n], row[m]] = [cos * row[n] - sin * row[m], sin * row[n] + cos * row[m]];
  [S[n], S[m]] = [S[n].map((v, k) => cos * v - sin * S[m][k]), S[n].map((v, k) => sin * v + cos * S[m][k])];
}

/** The largest singular value of A: the root of the largest eigenvalue of A'A, found by Jacobi's rotations. */
export function spectralNorm(A) {
  const size = largest(A);
  if (size === 0) return 0;
  const unit = scaled(A, 1 / size);
  const S = product(transposed(unit), unit);
  for (let sweep = 0; sweep < 30; sweep++) {
    let left = 0;
    for (let n = 0; n < S.length; n++) {
      for (let m = n + 1; m < S.length; m++) {
        left = Math.max(left, Math.abs(S[n][m]));
        if (Math.abs(S[n][m]) > 1e-300) rotate(S, n, m);
      }
    }
    if (left < 1e-17) break;
  }
  return size * Math.sqrt(Math.max(...S.map((row, n) => row[n])));
}

/** The size of A's largest eigenvalue, as Gelfand has it: the limit of the k-th root of the norm of A^k; k is 2^50. */
export function spectralRadius(A) {
  let [power, log] = [A, 0];
  for (let k = 0; k < 50; k++) {
    const size = largest(power);
    if (size === 0) return 0;
    power = scaled(power, 1 / size);
    log += Math.log(size) / 2 ** k;
    power = product(power, power);
  }
  return Math.exp(log);
}
