"""Where a number may be: the time zones of each region, and of area codes in regions with several zones.

Facts from the public zone and numbering tables. Zones that always keep the same time are listed once; a code that
lies in two zones lists both. A wide region lists the zones at its edges and where most people live.
"""

# "zone[,zone]: region region; …"
_REGIONS = """
Africa/Abidjan: CI; Africa/Accra: GH; Africa/Addis_Ababa: ET; Africa/Algiers: DZ; Africa/Asmara: ER; Africa/Bamako:
ML; Africa/Bangui: CF; Africa/Banjul: GM; Africa/Bissau: GW; Africa/Blantyre: MW; Africa/Brazzaville: CG;
Africa/Bujumbura: BI; Africa/Cairo: EG; Africa/Casablanca: MA; Africa/Conakry: GN; Africa/Dakar: SN;
Africa/Dar_es_Salaam: TZ; Africa/Djibouti: DJ; Africa/Douala: CM; Africa/El_Aaiun: EH; Africa/Freetown: SL;
Africa/Gaborone: BW; Africa/Harare: ZW; Africa/Johannesburg: ZA; Africa/Juba: SS; Africa/Kampala: UG; Africa/Khartoum:
SD; Africa/Kigali: RW; Africa/Kinshasa,Africa/Lubumbashi: CD; Africa/Lagos: NG; Africa/Libreville: GA; Africa/Lome:
TG; Africa/Luanda: AO; Africa/Lusaka: ZM; Africa/Malabo: GQ; Africa/Maputo: MZ; Africa/Maseru: LS; Africa/Mbabane: SZ;
Africa/Mogadishu: SO; Africa/Monrovia: LR; Africa/Nairobi: KE; Africa/Ndjamena: TD; Africa/Niamey: NE;
Africa/Nouakchott: MR; Africa/Ouagadougou: BF; Africa/Porto-Novo: BJ; Africa/Sao_Tome: ST; Africa/Tripoli: LY;
Africa/Tunis: TN; Africa/Windhoek: NA; America/Anguilla: AI; America/Antigua: AG; America/Argentina/Buenos_Aires: AR;
America/Aruba: AW; America/Asuncion: PY; America/Barbados: BB; America/Belize: BZ; America/Bogota: CO;
America/Cancun,America/Mexico_City,America/Hermosillo,America/Tijuana: MX; America/Caracas: VE; America/Cayenne: GF;
America/Cayman: KY; America/Costa_Rica: CR; America/Coyhaique,America/Santiago,Pacific/Easter: CL; America/Curacao:
CW; America/Danmarkshavn,America/Nuuk,America/Thule: GL; America/Dominica: DM; America/El_Salvador: SV;
America/Grand_Turk: TC; America/Grenada: GD; America/Guadeloupe: GP; America/Guatemala: GT;
America/Guayaquil,Pacific/Galapagos: EC; America/Guyana: GY; America/Havana: CU; America/Jamaica: JM;
America/Kralendijk: BQ; America/La_Paz: BO; America/Lima: PE; America/Lower_Princes: SX; America/Managua: NI;
America/Marigot: MF; America/Martinique: MQ; America/Miquelon: PM; America/Montevideo: UY; America/Montserrat: MS;
America/Nassau: BS;
America/New_York,America/Chicago,America/Denver,America/Los_Angeles,America/Anchorage,Pacific/Honolulu: US;
America/Noronha,America/Sao_Paulo,America/Manaus,America/Rio_Branco: BR; America/Panama: PA; America/Paramaribo: SR;
America/Port-au-Prince: HT; America/Port_of_Spain: TT; America/Puerto_Rico: PR; America/Santo_Domingo: DO;
America/St_Barthelemy: BL;
America/St_Johns,America/Halifax,America/Toronto,America/Winnipeg,America/Edmonton,America/Vancouver: CA;
America/St_Kitts: KN; America/St_Lucia: LC; America/St_Thomas: VI; America/St_Vincent: VC; America/Tegucigalpa: HN;
America/Tortola: VG; Arctic/Longyearbyen: SJ; Asia/Aden: YE; Asia/Almaty: KZ; Asia/Amman: JO; Asia/Ashgabat: TM;
Asia/Baghdad: IQ; Asia/Bahrain: BH; Asia/Baku: AZ; Asia/Bangkok: TH; Asia/Beirut: LB; Asia/Bishkek: KG; Asia/Brunei:
BN; Asia/Colombo: LK; Asia/Damascus: SY; Asia/Dhaka: BD; Asia/Dili: TL; Asia/Dubai: AE; Asia/Dushanbe: TJ;
Asia/Famagusta: CY; Asia/Gaza: PS; Asia/Ho_Chi_Minh: VN; Asia/Hong_Kong: HK; Asia/Hovd,Asia/Ulaanbaatar: MN;
Asia/Jakarta,Asia/Jayapura,Asia/Makassar: ID; Asia/Jerusalem: IL; Asia/Kabul: AF; Asia/Karachi: PK; Asia/Kathmandu:
NP; Asia/Kolkata: IN; Asia/Kuala_Lumpur: MY; Asia/Kuwait: KW; Asia/Macau: MO; Asia/Manila: PH; Asia/Muscat: OM;
Asia/Phnom_Penh: KH; Asia/Pyongyang: KP; Asia/Qatar: QA; Asia/Riyadh: SA; Asia/Samarkand: UZ; Asia/Seoul: KR;
Asia/Shanghai: CN; Asia/Singapore: SG; Asia/Taipei: TW; Asia/Tbilisi: GE; Asia/Tehran: IR; Asia/Thimphu: BT;
Asia/Tokyo: JP; Asia/Vientiane: LA; Asia/Yangon: MM; Asia/Yerevan: AM; Atlantic/Azores,Europe/Lisbon: PT;
Atlantic/Bermuda: BM; Atlantic/Canary,Europe/Madrid: ES; Atlantic/Cape_Verde: CV; Atlantic/Faroe: FO;
Atlantic/Reykjavik: IS; Atlantic/St_Helena: SH; Atlantic/Stanley: FK;
Australia/Sydney,Australia/Brisbane,Australia/Adelaide,Australia/Darwin,Australia/Perth: AU; Europe/Amsterdam: NL;
Europe/Andorra: AD; Europe/Athens: GR; Europe/Belgrade: RS; Europe/Berlin: DE; Europe/Bratislava: SK; Europe/Brussels:
BE; Europe/Bucharest: RO; Europe/Budapest: HU; Europe/Chisinau: MD; Europe/Copenhagen: DK; Europe/Dublin: IE;
Europe/Gibraltar: GI; Europe/Guernsey: GG; Europe/Helsinki: FI; Europe/Isle_of_Man: IM; Europe/Istanbul: TR;
Europe/Jersey: JE; Europe/Kaliningrad,Europe/Moscow,Asia/Yekaterinburg,Asia/Irkutsk,Asia/Kamchatka: RU; Europe/Kyiv:
UA; Europe/Ljubljana: SI; Europe/London: GB; Europe/Luxembourg: LU; Europe/Malta: MT; Europe/Mariehamn: AX;
Europe/Minsk: BY; Europe/Monaco: MC; Europe/Oslo: NO; Europe/Paris: FR; Europe/Podgorica: ME; Europe/Prague: CZ;
Europe/Riga: LV; Europe/Rome: IT; Europe/San_Marino: SM; Europe/Sarajevo: BA; Europe/Skopje: MK; Europe/Sofia: BG;
Europe/Stockholm: SE; Europe/Tallinn: EE; Europe/Tirane: AL; Europe/Vaduz: LI; Europe/Vatican: VA; Europe/Vienna: AT;
Europe/Vilnius: LT; Europe/Warsaw: PL; Europe/Zagreb: HR; Europe/Zurich: CH; Indian/Antananarivo: MG; Indian/Chagos:
IO; Indian/Christmas: CX; Indian/Cocos: CC; Indian/Comoro: KM; Indian/Mahe: SC; Indian/Maldives: MV; Indian/Mauritius:
MU; Indian/Mayotte: YT; Indian/Reunion: RE; Pacific/Apia: WS; Pacific/Auckland,Pacific/Chatham: NZ;
Pacific/Bougainville,Pacific/Port_Moresby: PG; Pacific/Chuuk,Pacific/Kosrae: FM; Pacific/Efate: VU; Pacific/Fakaofo:
TK; Pacific/Fiji: FJ; Pacific/Funafuti: TV; Pacific/Gambier,Pacific/Marquesas,Pacific/Tahiti: PF; Pacific/Guadalcanal:
SB; Pacific/Guam: GU; Pacific/Kanton,Pacific/Kiritimati,Pacific/Tarawa: KI; Pacific/Kwajalein: MH; Pacific/Nauru: NR;
Pacific/Niue: NU; Pacific/Norfolk: NF; Pacific/Noumea: NC; Pacific/Pago_Pago: AS; Pacific/Palau: PW;
Pacific/Rarotonga: CK; Pacific/Saipan: MP; Pacific/Tongatapu: TO; Pacific/Wallis: WF
"""

# "zone[,zone]: calling code and area code together; …", only codes that are tied to a place
_AREA_CODES = """
America/Anchorage: 1907; America/Boise,America/Los_Angeles: 1986; America/Chicago: 1205 1210 1214 1217 1218 1224 1225
1228 1235 1251 1254 1256 1262 1274 1281 1309 1312 1314 1316 1318 1319 1320 1325 1327 1331 1334 1337 1346 1353 1361
1402 1405 1409 1414 1417 1430 1432 1447 1464 1469 1479 1501 1504 1507 1512 1515 1531 1534 1539 1557 1563 1572 1573
1580 1601 1608 1612 1615 1618 1629 1630 1636 1641 1651 1659 1660 1662 1682 1689 1708 1712 1713 1715 1726 1730 1731
1737 1763 1769 1773 1779 1806 1815 1816 1817 1830 1832 1847 1870 1872 1901 1903 1913 1918 1920 1931 1936 1938 1940
1945 1952 1956 1972 1975 1979 1985; America/Chicago,America/Denver: 1308 1605 1620 1701 1785;
America/Chicago,America/New_York: 1219 1270 1423 1574 1606 1812 1850 1906; America/Denver: 1303 1307 1385 1406 1435
1505 1575 1719 1720 1748 1801 1915 1970 1983; America/Denver,America/Los_Angeles: 1208 1541 1775;
America/Denver,America/Phoenix: 1928; America/Edmonton: 1368 1403 1587 1780 1825;
America/Edmonton,America/Fort_Nelson,America/Toronto,America/Vancouver,America/Winnipeg: 1867;
America/Edmonton,America/Vancouver: 1250; America/Halifax: 1428 1506 1782 1902; America/Halifax,America/St_Johns:
1709; America/Halifax,America/Toronto: 1418; America/Los_Angeles: 1206 1209 1213 1253 1279 1310 1323 1341 1350 1360
1369 1408 1415 1424 1425 1442 1458 1503 1509 1510 1530 1559 1562 1564 1619 1626 1628 1650 1657 1661 1669 1702 1707
1714 1725 1738 1747 1760 1805 1818 1820 1831 1840 1858 1909 1916 1925 1949 1951 1971; America/New_York: 1201 1202 1203
1207 1212 1215 1216 1220 1223 1227 1229 1231 1234 1239 1240 1248 1252 1260 1267 1269 1272 1276 1283 1301 1302 1304
1305 1313 1315 1317 1321 1324 1326 1329 1330 1332 1336 1339 1347 1351 1352 1363 1364 1380 1386 1401 1404 1407 1410
1412 1413 1419 1434 1440 1443 1445 1448 1463 1470 1472 1475 1478 1484 1502 1508 1513 1516 1517 1518 1540 1551 1561
1567 1570 1571 1582 1585 1586 1603 1607 1609 1610 1614 1616 1617 1631 1640 1645 1646 1656 1667 1678 1680 1681 1686
1703 1704 1706 1716 1717 1718 1724 1727 1728 1732 1734 1740 1743 1754 1757 1762 1765 1770 1771 1772 1774 1781 1786
1802 1803 1804 1810 1813 1814 1821 1826 1828 1835 1838 1839 1843 1845 1848 1854 1856 1857 1859 1860 1862 1863 1864
1865 1878 1904 1908 1910 1912 1914 1917 1919 1929 1930 1934 1937 1941 1943 1947 1948 1954 1959 1973 1978 1980 1984
1989; America/Phoenix: 1480 1520 1602 1623; America/Puerto_Rico: 1787 1939; America/Puerto_Rico,America/St_Johns:
1879; America/Regina: 1306 1639; America/Toronto: 1226 1249 1263 1273 1289 1343 1354 1365 1367 1382 1416 1437 1438
1450 1468 1514 1519 1548 1579 1581 1613 1647 1683 1705 1742 1753 1819 1873 1905 1942;
America/Toronto,America/Winnipeg: 1807; America/Vancouver: 1236 1257 1604 1672 1778; America/Winnipeg: 1204 1431 1474
1584; Atlantic/Canary: 34822 34828 34922 34928; Australia/Adelaide,Australia/Darwin,Australia/Perth: 618;
Australia/Brisbane: 617; Australia/Sydney: 612 613; Europe/Madrid: 348 349; Pacific/Honolulu: 1808
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (row.split(": ") for row in " ".join(text.split()).split("; "))
    return {code: tuple(zones.split(",")) for zones, codes in rows for code in codes.split()}


REGION_ZONES = _table(_REGIONS)
AREA_ZONES = _table(_AREA_CODES)


def zones_of_region(region: str) -> tuple[str, ...]:
    """Every zone people of this region live in; empty for a region nobody lists."""
    return REGION_ZONES.get(region, ())


def zones_of_area(digits: str) -> tuple[str, ...]:
    """The zones of the longest area code the digits (calling code first, no plus) begin with; empty: none listed."""
    for length in range(5, 2, -1):
        if zones := AREA_ZONES.get(digits[:length]):
            return zones
    return ()
