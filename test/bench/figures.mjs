/** The middle one. */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The one that a share of them does not exceed. */
export function quantile(numbers, share) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The straight line through points `[x, y]`: how steep it is, and the standard error of that. */
export function slopeOf(points) {
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  let [sumXX, sumXY] = [0, 0];
  for (const [x, y] of points) {
    sumXX += (x - meanX) ** 2;
    sumXY += (x - meanX) * (y - meanY);
  }
  const slope = sumXY / sumXX;
  const residuals = points.map(([x, y]) => (y - meanY - slope * (x - meanX)) ** 2);
  const variance = residuals.reduce((sum, square) => sum + square, 0) / (points.length - 2);
  return { slope, error: Math.sqrt(variance / sumXX) };
}
