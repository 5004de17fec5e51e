// Preloaded with --import: this process's clock is off, as the system's would be. By CLOCK_SHIFT_MS from the start, and
// by whatever the parent says later, as { shiftMs }.
const RealDate = Date;
let shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const nowMs = () => RealDate.now() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, asked) =>
    Reflect.construct(target, args.length === 0 ? [nowMs()] : args, asked),
  apply: () => new RealDate(nowMs()).toString(),
  get: (target, name) => (name === "now" ? nowMs : Reflect.get(target, name)),
});

process.on("message", (message) => {
  if (message.shiftMs !== undefined) shiftMs = message.shiftMs;
});
