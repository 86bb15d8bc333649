/** The visible part of a picture and its scale: moved by dragging, and by a wheel or buttons. */
import { useEffect, useRef, useState } from 'preact/hooks';

export interface GraphView {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const largest = 1.6;
const margin = 16;

/** All of it in the middle, at most at its own size. */
function fitting(picture: Size, frame: Size): GraphView {
  const room = (length: number): number => Math.max(1, length - 2 * margin);
  const scale = Math.min(1, room(frame.width) / Math.max(1, picture.width), room(frame.height) / Math.max(1, picture.height));
  return { scale, x: (frame.width - picture.width * scale) / 2, y: (frame.height - picture.height * scale) / 2 };
}

/** The point under the pointer stays there. */
function zoomed(view: GraphView, factor: number, { x, y }: { readonly x: number; readonly y: number }, smallest: number): GraphView {
  const scale = Math.min(largest, Math.max(smallest, view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
}

/** Follows the picture's size until the user moves it. */
export function useGraphView(picture: Size) {
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [moved, setMoved] = useState<GraphView | undefined>();
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const fit = fitting(picture, size);
  const view = moved ?? fit;
  const zoom = (factor: number, at = { x: size.width / 2, y: size.height / 2 }): void =>
    setMoved(zoomed(view, factor, at, Math.min(fit.scale, 0.2)));
  const drag = useRef<{ readonly from: GraphView; readonly x: number; readonly y: number; isDrag: boolean } | undefined>(undefined);

  return {
    frame,
    size,
    view,
    zoom,
    fit: () => setMoved(undefined),
    /** Of the picture. A press without a movement is a click. */
    handlers: {
      onPointerDown({ clientX, clientY, button }: PointerEvent) {
        if (button === 0) drag.current = { from: view, x: clientX, y: clientY, isDrag: false };
      },
      onPointerMove({ clientX, clientY, pointerId, currentTarget }: PointerEvent) {
        const begun = drag.current;
        if (begun === undefined) return;
        const [dx, dy] = [clientX - begun.x, clientY - begun.y];
        if (!begun.isDrag && Math.hypot(dx, dy) < 5) return;
        if (!begun.isDrag && currentTarget instanceof Element) currentTarget.setPointerCapture(pointerId);
        begun.isDrag = true;
        setMoved({ ...begun.from, x: begun.from.x + dx, y: begun.from.y + dy });
      },
      onPointerUp: () => (drag.current = undefined),
      onPointerCancel: () => (drag.current = undefined),
      /** With Ctrl, as in pinching; without it the page scrolls. */
      onWheel(event: WheelEvent) {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const corner = frame.current?.getBoundingClientRect();
        zoom(Math.exp(-event.deltaY / 300), { x: event.clientX - (corner?.left ?? 0), y: event.clientY - (corner?.top ?? 0) });
      },
    },
  };
}
