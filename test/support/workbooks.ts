import { zipSync } from 'fflate';

const TYPES = `<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"
 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"
 ContentType="application/xml"/></Types>`;
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** Entries of a workbook by name. */
export type WorkbookEntries = Readonly<Record<string, string>>;

/** The entries of a workbook of one sheet, of whose rows the XML is given. */
export function workbookEntries(sheetData: string, sheet = '课件'): WorkbookEntries {
  return {
    '[Content_Types].xml': TYPES,
    '_rels/.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${RELATION}"><sheets><sheet name="${sheet}" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${RELATION}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${sheetData}</sheetData></worksheet>`,
  };
}

/** A workbook as a file. */
export function packedWorkbook(entries: WorkbookEntries): Buffer {
  const packed = zipSync(
    Object.fromEntries(Object.entries(entries).map(([name, xml]) => [name, Buffer.from(xml)])),
  );
  return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
}

/** A workbook of one sheet with these rows; a cell that begins with `<` is taken for the XML inside of it. */
export function workbookOf(rows: readonly (readonly (string | undefined)[])[], sheet?: string): Buffer {
  const xml = rows.map((cells, row) => {
    const inside = cells.map((cell, column) => {
      const address = `${String.fromCodePoint(65 + column)}${row + 1}`;
      if (cell === undefined) return '';
      if (cell.startsWith('<')) return cell.replace('<c', `<c r="${address}"`);
      return `<c r="${address}" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`;
    });
    return `<row r="${row + 1}">${inside.join('')}</row>`;
  });
  return packedWorkbook(workbookEntries(xml.join(''), sheet));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
