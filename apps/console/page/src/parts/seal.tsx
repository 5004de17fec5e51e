import type { JSX } from "react";

/** The mark: a wax seal with an L. Decoration beside the name, so that it says nothing of its own. */
export function Seal({ size = 28 }: { size?: number }): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        fill="var(--wax)"
        d="M16 1.600c2.100 0 3 1.500 4.900 2.100 1.900.6 3.700-.1 5.100 1.300 1.400 1.400.8 3.200 1.500 5 .7 1.900 2.700 2.900 2.800 5 .1 2.100-1.500 3.100-2 4.900-.6 1.900.4 3.700-.9 5.300-1.300 1.600-3.300 1.100-5 2-1.800.9-2.600 2.900-4.700 3.200-2.100.3-3.200-1.400-5.100-1.800-2-.4-3.700.7-5.300-.5-1.700-1.300-1.200-3.300-2.100-5-.9-1.700-2.900-2.400-3.200-4.500-.3-2.100 1.300-3.300 1.700-5.200.4-2-.7-3.700.5-5.400C5.400 5.300 7.400 5.700 9 4.700 10.900 3.600 13.600 1.600 16 1.600Z"
      />
      <circle
        cx="16"
        cy="16"
        r="9.400"
        fill="none"
        stroke="#fff"
        strokeOpacity=".38"
        strokeWidth="1.300"
      />
      <path
        fill="none"
        stroke="#fff"
        strokeWidth="2.500"
        strokeLinecap="round"
        strokeLinejoin="round"
        d="M13 10.500v10.200h6.500"
      />
    </svg>
  );
}
