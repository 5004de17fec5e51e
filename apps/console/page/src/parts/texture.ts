/**
 * What lies on a colour, so that no two need be told by it alone: strokes on a tile of 8 by 8. The first has none.
 */
export const TEXTURES: readonly string[] = [
  "",
  "M-2 10 10-2M-2 2 2-2M6 10l4-4",
  "M2 2h.01M6 6h.01",
  "M-2-2 10 10M6-2l4 4M-2 6l4 4",
  "M2-1v10M6-1v10",
  "M-1 4h10",
  "M4 0v8M0 4h8",
  "M0 2 4 6 8 2",
];

export const textureAt = (place: number): string => TEXTURES[place % TEXTURES.length] ?? "";

const TILE = 8;

/** A colour with its texture, to fill parts of a canvas with. */
export function textured(colour: string, ink: string, place: number): CanvasPattern | string {
  const scale = devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE * scale;
  const context = tile.getContext("2d");
  if (context === null) return colour;
  context.scale(scale, scale);
  context.fillStyle = colour;
  context.fillRect(0, 0, TILE, TILE);
  context.strokeStyle = ink;
  context.lineWidth = 1.4;
  context.lineCap = "round";
  context.stroke(new Path2D(textureAt(place)));
  return context.createPattern(tile, "repeat") ?? colour;
}
