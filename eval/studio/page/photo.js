// Photos on their way from a file to the program, and back after a reload.

const LONGEST_SIDE = 1280;
// Not WebP, of which browsers and the program read the orientation differently.
const KEPT_AS_THEY_ARE = { types: ["image/jpeg", "image/png"], bytes: 1.5e6 };

/** A file as a photo of at most LONGEST_SIDE pixels a side, and how much smaller than it was. */
export async function openPhoto(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name || "The file"} cannot be read as a picture. JPEG, PNG and WebP can.`);
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const asItIs = KEPT_AS_THEY_ARE.types.includes(file.type) && file.size <= KEPT_AS_THEY_ARE.bytes;
  if (scale === 1 && asItIs) return { blob: file, bitmap, scale };
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  return { blob, bitmap: await createImageBitmap(blob), scale: canvas.width / width };
}

/** Base64 as a photo's bytes. */
export function fromBase64(text, type) {
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type });
}

/** A photo's bytes as base64. */
export async function toBase64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 32768) {
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  }
  return btoa(text);
}

/** Hands a file to the browser's downloads. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
