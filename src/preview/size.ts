/** Room for the content of a panel, pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}
