// A camera looks at a part of the arena.

/** Camera turns world units into pixels. zoom 1 shows the whole arena. */
export class Camera {
  constructor() {
    this.x = 0;
    this.y = 0;
    this.zoom = 1;
    this.scale = 1;
    this.width = this.height = 1;
  }

  /** fit takes the size of the canvas and of the arena. */
  fit(size, scenery) {
    this.width = size.width;
    this.height = size.height;
    this.scenery = scenery;
    this.scale = Math.min(size.width / (scenery.width + 2), size.height / (scenery.height + 2)) * this.zoom;
    this.hold();
  }

  /** hold keeps the arena in sight: where all of it fits, it is in the middle. */
  hold() {
    const s = this.scenery;
    if (!s) return;
    const spareX = Math.max((s.width + 2) / 2 - this.width / 2 / this.scale, 0);
    const spareY = Math.max((s.height + 2) / 2 - this.height / 2 / this.scale, 0);
    this.x = Math.min(Math.max(this.x, -spareX), spareX);
    this.y = Math.min(Math.max(this.y, -spareY), spareY);
  }

  px(x) { return (x - this.x) * this.scale + this.width / 2; }
  py(y) { return (y - this.y) * this.scale + this.height / 2; }
  wx(px) { return (px - this.width / 2) / this.scale + this.x; }
  wy(py) { return (py - this.height / 2) / this.scale + this.y; }

  /** zoomBy zooms around a point of the canvas. */
  zoomBy(factor, px = this.width / 2, py = this.height / 2) {
    const x = this.wx(px), y = this.wy(py);
    const zoom = Math.min(Math.max(this.zoom * factor, 1), 12);
    this.scale *= zoom / this.zoom;
    this.zoom = zoom;
    this.x = x - (px - this.width / 2) / this.scale;
    this.y = y - (py - this.height / 2) / this.scale;
    this.hold();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.hold();
  }

  /** follow glides to a point. */
  follow(x, y, ease = 0.15) {
    this.x += (x - this.x) * ease;
    this.y += (y - this.y) * ease;
    this.hold();
  }

  /** handle lets a pointer and the wheel move it; moved is called when a person did. */
  handle(canvas, moved) {
    let from = null;
    canvas.addEventListener('wheel', (e) => {
      e.preventDefault();
      this.zoomBy(Math.exp(-e.deltaY * 0.0015), e.offsetX, e.offsetY);
      moved('zoom');
    }, { passive: false });
    canvas.addEventListener('pointerdown', (e) => {
      from = [e.offsetX, e.offsetY];
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener('pointermove', (e) => {
      if (!from) return;
      this.pan(e.offsetX - from[0], e.offsetY - from[1]);
      if (Math.hypot(e.offsetX - from[0], e.offsetY - from[1]) > 0) moved('pan');
      from = [e.offsetX, e.offsetY];
    });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { from = null; });
  }
}
