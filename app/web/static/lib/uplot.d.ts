// What this page uses of uPlot (vendor/uPlot.iife.min.js), which is loaded as a script of its own.

export interface Chart {
  setData(data: [number[], (number | null)[]]): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
  cursor: { idx?: number | null };
}
export interface ChartMaker {
  new (options: object, data: [number[], (number | null)[]], target: HTMLElement): Chart;
  paths: { bars(options: object): unknown };
}

declare global {
  interface Window {
    uPlot?: ChartMaker;
  }
}
